# SPDX-License-Identifier: Apache-2.0
"""The availability zones that data sources ask for."""
import pytest
from botocore.exceptions import ClientError


def zones(client, **arguments):
    return client("ec2").describe_availability_zones(**arguments)["AvailabilityZones"]


def test_zones_of_the_region(client):
    assert [(z["ZoneName"], z["ZoneId"], z["State"]) for z in zones(client)] == [
        ("us-east-1a", "use1-az1", "available"), ("us-east-1b", "use1-az2", "available"), ("us-east-1c", "use1-az3", "available")]


def test_filters(client):
    usual = [{"Name": "state", "Values": ["available"]}, {"Name": "opt-in-status", "Values": ["opt-in-not-required", "opted-in"]}]
    assert len(zones(client, Filters=usual)) == 3
    assert [z["ZoneName"] for z in zones(client, Filters=[{"Name": "zone-id", "Values": ["use1-az2"]}])] == ["us-east-1b"]
    assert zones(client, Filters=[{"Name": "state", "Values": ["impaired"]}]) == []
    assert len(zones(client, ZoneNames=["us-east-1c"], AllAvailabilityZones=True)) == 1


@pytest.mark.parametrize("arguments", [
    {"ZoneNames": ["eu-west-1a"]}, {"ZoneIds": ["use1-az9"]}, {"Filters": [{"Name": "colour", "Values": ["red"]}]}])
def test_errors_are_in_the_form_of_ec2(client, arguments):
    with pytest.raises(ClientError) as fault:
        zones(client, **arguments)
    assert fault.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as fault:
        client("ec2").describe_instances()
    assert fault.value.response["Error"]["Code"] == "InvalidAction"
