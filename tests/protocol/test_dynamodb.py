"""DynamoDB as boto3 sees it: tables, items, expressions, indexes, pages, batches, transactions, time to live, what survives a kill."""
import concurrent.futures
import json
import time
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError


def refused(function, code, message=None, **parameters):
    """The call must fail with that code; returns the error's answer."""
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message
    return caught.value.response


def raw(server, operation, **parameters):
    """A signed request as a newer client than Debian's would send it: (status, answer)."""
    request = AWSRequest("POST", server.endpoint + "/", data=json.dumps(parameters).encode(),
                         headers={"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"})
    SigV4Auth(Credentials(server.access_key, server.secret_key), "dynamodb", server.region).add_auth(request)
    prepared = request.prepare()
    try:
        with urllib.request.urlopen(urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers))) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


KEY = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
BY_STATE = {"IndexName": "by-state", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]},
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}
BY_DATE = {"IndexName": "by-date", "Projection": {"ProjectionType": "KEYS_ONLY"},
           "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "date", "KeyType": "RANGE"}]}
ATTRIBUTES = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]


def make_table(dynamodb, **more):
    name = f"t-{uuid.uuid4()}"
    parameters = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": ATTRIBUTES, "KeySchema": KEY, **more}
    dynamodb.create_table(**parameters)
    return name


@pytest.fixture(scope="module")
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture
def table(dynamodb):
    name = make_table(dynamodb)
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def indexed(dynamodb):
    name = make_table(dynamodb, GlobalSecondaryIndexes=[BY_STATE], LocalSecondaryIndexes=[BY_DATE], AttributeDefinitions=ATTRIBUTES + [
        {"AttributeName": "state", "AttributeType": "S"}, {"AttributeName": "date", "AttributeType": "S"}])
    yield name
    dynamodb.delete_table(TableName=name)


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def test_table_lifecycle(dynamodb, server):
    name = make_table(dynamodb, Tags=[{"Key": "a", "Value": "b"}])
    assert raw(server, "UpdateTable", TableName=name, DeletionProtectionEnabled=True)[0] == 200
    described = dynamodb.describe_table(TableName=name)["Table"]
    assert described["TableStatus"] == "ACTIVE" and described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert dynamodb.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    refused(dynamodb.create_table, "ResourceInUseException", f"Table already exists: {name}", TableName=name, KeySchema=KEY,
            AttributeDefinitions=ATTRIBUTES, BillingMode="PAY_PER_REQUEST")
    refused(dynamodb.delete_table, "ValidationException", TableName=name)
    assert raw(server, "UpdateTable", TableName=name, DeletionProtectionEnabled=False)[0] == 200
    dynamodb.put_item(TableName=name, Item=key("a", 1))
    dynamodb.delete_table(TableName=name)
    refused(dynamodb.describe_table, "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found", TableName=name)
    dynamodb.create_table(TableName=name, KeySchema=KEY, AttributeDefinitions=ATTRIBUTES, BillingMode="PAY_PER_REQUEST")
    assert "Item" not in dynamodb.get_item(TableName=name, Key=key("a", 1))
    dynamodb.delete_table(TableName=name)


def test_settings(dynamodb, table, server):
    assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == {"TimeToLiveStatus": "DISABLED"}
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    described = raw(server, "DescribeContinuousBackups", TableName=table)[1]["ContinuousBackupsDescription"]
    recovery = described["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED" and recovery["RecoveryPeriodInDays"] == 35
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "x", "Value": "1"}, {"Key": "y", "Value": "2"}])
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["x"])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "y", "Value": "2"}]


def test_every_type_reads_back(dynamodb, table):
    item = {**key("types", 1), "s": {"S": "ä"}, "n": {"N": "-1.5"}, "b": {"B": b"\x00\xff"}, "t": {"BOOL": False}, "z": {"NULL": True},
            "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": [b"x"]}, "l": {"L": [{"M": {"k": {"S": ""}}}]}, "m": {"M": {}}}
    dynamodb.put_item(TableName=table, Item=item)
    assert dynamodb.get_item(TableName=table, Key=key("types", 1), ConsistentRead=True)["Item"] == item
    part = dynamodb.get_item(TableName=table, Key=key("types", 1), ProjectionExpression="l[0].k, #t", ExpressionAttributeNames={"#t": "t"})
    assert part["Item"] == {"l": {"L": [{"M": {"k": {"S": ""}}}]}, "t": {"BOOL": False}}


def test_conditions(dynamodb, table, server):
    dynamodb.put_item(TableName=table, Item=key("c", 1), ConditionExpression="attribute_not_exists(pk)")
    status, answer = raw(server, "PutItem", TableName=table, Item=key("c", 1), ConditionExpression="attribute_not_exists(pk)",
                         ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert status == 400
    assert answer == {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                      "message": "The conditional request failed", "Item": key("c", 1)}
    refused(dynamodb.delete_item, "ConditionalCheckFailedException", TableName=table, Key=key("c", 1), ConditionExpression="attribute_exists(q)")


def test_update_returns(dynamodb, table):
    def update(expression, returns, **values):
        return dynamodb.update_item(TableName=table, Key=key("u", 1), UpdateExpression=expression, ReturnValues=returns,
                                    ExpressionAttributeValues={f":{k}": v for k, v in values.items()}).get("Attributes")
    assert update("SET n = :n", "ALL_OLD", n={"N": "1"}) is None
    assert update("ADD n :n", "UPDATED_NEW", n={"N": "2"}) == {"n": {"N": "3"}}
    assert update("SET q = :n", "ALL_NEW", n={"S": "x"}) == {**key("u", 1), "n": {"N": "3"}, "q": {"S": "x"}}
    assert update("SET n = n - :n", "UPDATED_OLD", n={"N": "1"}) == {"n": {"N": "3"}}
    assert dynamodb.delete_item(TableName=table, Key=key("u", 1), ReturnValues="ALL_OLD")["Attributes"]["n"] == {"N": "2"}


@pytest.mark.parametrize("parameters,message", [
    ({"UpdateExpression": "SET status = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
     "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"),
    ({"UpdateExpression": "SET pk = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
     "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"),
    ({"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"S": "x"}, ":w": {"S": "y"}}},
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
    ({"UpdateExpression": "SET a.b = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
     "The document path provided in the update expression is invalid for update"),
    ({"AttributeUpdates": {"a": {"Action": "PUT"}}}, "One or more parameter values were invalid: Only DELETE action is allowed "
     "when no attribute value is specified"),
    ({"AttributeUpdates": {"a": {"Action": "DELETE"}}, "ConditionExpression": "attribute_exists(a)"},
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
     "{AttributeUpdates} Expression parameters: {UpdateExpression}"),
])
def test_updates_refused(dynamodb, table, parameters, message):
    refused(dynamodb.update_item, "ValidationException", message, TableName=table, Key=key("r", 1), **parameters)


def test_updates_as_they_were_before_expressions(dynamodb, table):
    """Terraform's aws_dynamodb_table_item sends these."""
    dynamodb.put_item(TableName=table, Item={**key("l", 1), "n": {"N": "1"}, "old": {"S": "x"}, "set": {"SS": ["a", "b"]}})
    after = dynamodb.update_item(TableName=table, Key=key("l", 1), ReturnValues="ALL_NEW", AttributeUpdates={
        "n": {"Action": "ADD", "Value": {"N": "4"}}, "old": {"Action": "DELETE"}, "status": {"Value": {"S": "reserved word"}},
        "set": {"Action": "DELETE", "Value": {"SS": ["a"]}}})["Attributes"]
    assert after == {**key("l", 1), "n": {"N": "5"}, "status": {"S": "reserved word"}, "set": {"SS": ["b"]}}


def test_query_orders_numbers_and_pages(dynamodb, table):
    numbers = ["-100", "-1.5", "0", "0.001", "2", "10", "1000"]
    for n in reversed(numbers):
        dynamodb.put_item(TableName=table, Item=key("q", n))
    values = {":p": {"S": "q"}, ":a": {"N": "-1.5"}, ":b": {"N": "10"}}
    between = dynamodb.query(TableName=table, KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b", ExpressionAttributeValues=values)
    assert [i["sk"]["N"] for i in between["Items"]] == numbers[1:6]
    for forward in (True, False):
        found, start = [], {}
        while True:
            page = dynamodb.query(TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "q"}}, Limit=2,
                                  ScanIndexForward=forward, **start)
            found += [i["sk"]["N"] for i in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert found == (numbers if forward else numbers[::-1])


def test_indexes_follow_their_items(dynamodb, indexed):
    def states(state, **more):
        return dynamodb.query(TableName=indexed, IndexName="by-state", KeyConditionExpression="#s = :s",
                              ExpressionAttributeNames={"#s": "state"}, ExpressionAttributeValues={":s": {"S": state}}, **more)["Items"]
    dynamodb.put_item(TableName=indexed, Item={**key("a", 1), "state": {"S": "new"}, "note": {"S": "n"}, "secret": {"S": "x"}})
    dynamodb.put_item(TableName=indexed, Item=key("a", 2))  # in no index: sparse
    assert states("new") == [{**key("a", 1), "state": {"S": "new"}, "note": {"S": "n"}}]
    dynamodb.update_item(TableName=indexed, Key=key("a", 1), UpdateExpression="SET #s = :s", ExpressionAttributeNames={"#s": "state"},
                         ExpressionAttributeValues={":s": {"S": "done"}})
    assert states("new") == [] and len(states("done")) == 1
    dynamodb.delete_item(TableName=indexed, Key=key("a", 1))
    assert states("done") == []
    refused(dynamodb.query, "ValidationException", "Consistent reads are not supported on global secondary indexes", TableName=indexed,
            IndexName="by-state", KeyConditionExpression="#s = :s", ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":s": {"S": "x"}}, ConsistentRead=True)


def test_a_local_index_fetches_what_it_lacks(dynamodb, indexed):
    item = {**key("l", 1), "date": {"S": "2026"}, "body": {"S": "text"}}
    dynamodb.put_item(TableName=indexed, Item=item)
    query = {"TableName": indexed, "IndexName": "by-date", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "l"}}}
    assert "body" not in dynamodb.query(**query)["Items"][0]
    assert dynamodb.query(**query, Select="ALL_ATTRIBUTES")["Items"] == [item]


def test_an_index_made_later_is_filled(dynamodb, table, wait_for):
    for batch in range(12):
        dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": {**key(f"k{batch}", i), "g": {"S": "all"}}}}
                                                        for i in range(25)]})
    dynamodb.update_table(TableName=table, AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "g", "AttributeType": "S"}],
                          GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "late", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                              {"AttributeName": "g", "KeyType": "HASH"}]}}])
    wait_for(lambda: dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE")
    count = dynamodb.query(TableName=table, IndexName="late", KeyConditionExpression="g = :g", Select="COUNT",
                           ExpressionAttributeValues={":g": {"S": "all"}})["Count"]
    assert count == 300


def test_parallel_scan_sees_each_item_once(dynamodb, table):
    for batch in range(4):
        dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": key(f"p{batch}-{i}", 0)}} for i in range(25)]})
    found = []
    for segment in range(3):
        found += [i["pk"]["S"] for i in dynamodb.scan(TableName=table, Segment=segment, TotalSegments=3)["Items"]]
    assert len(found) == 100 and len(set(found)) == 100


def test_pages_end_at_one_megabyte(dynamodb, table):
    for i in range(5):
        dynamodb.put_item(TableName=table, Item={**key("big", i), "body": {"S": "x" * 300_000}})
    page = dynamodb.query(TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "big"}},
                          ReturnConsumedCapacity="TOTAL")
    assert page["Count"] == 3 and "LastEvaluatedKey" in page
    assert 110 <= page["ConsumedCapacity"]["CapacityUnits"] <= 111


def test_item_size_limit(dynamodb, table):
    room = 400 * 1024 - len("pk") - len("s") - len("sk") - 2 - len("body")
    dynamodb.put_item(TableName=table, Item={**key("s", 1), "body": {"S": "x" * room}})
    refused(dynamodb.put_item, "ValidationException", "Item size has exceeded the maximum allowed size", TableName=table,
            Item={**key("s", 1), "body": {"S": "x" * (room + 1)}})


def test_consumed_capacity(dynamodb, indexed):
    put = dynamodb.put_item(TableName=indexed, Item={**key("cc", 1), "state": {"S": "a"}, "body": {"S": "x" * 3000}},
                            ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert put["Table"]["CapacityUnits"] == 3 and put["GlobalSecondaryIndexes"]["by-state"]["CapacityUnits"] == 1
    assert put["CapacityUnits"] == 4
    for consistent, units in ((False, 0.5), (True, 1)):
        got = dynamodb.get_item(TableName=indexed, Key=key("cc", 1), ConsistentRead=consistent, ReturnConsumedCapacity="TOTAL")
        assert got["ConsumedCapacity"]["CapacityUnits"] == units


def test_batches(dynamodb, table):
    dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": key("b", i)}} for i in range(3)]})
    answer = dynamodb.batch_get_item(RequestItems={table: {"Keys": [key("b", i) for i in range(5)]}})
    assert len(answer["Responses"][table]) == 3 and answer["UnprocessedKeys"] == {}
    refused(dynamodb.batch_write_item, "ValidationException", "Provided list of item keys contains duplicates",
            RequestItems={table: [{"PutRequest": {"Item": key("b", 1)}}, {"DeleteRequest": {"Key": key("b", 1)}}]})
    refused(dynamodb.batch_get_item, "ResourceNotFoundException", "Requested resource not found",
            RequestItems={"no-such-table": {"Keys": [key("b", 1)]}})


def test_transactions_are_all_or_nothing(dynamodb, table):
    actions = [{"Put": {"TableName": table, "Item": key("t", 1)}},
               {"Update": {"TableName": table, "Key": key("t", 2), "UpdateExpression": "SET n = :n",
                           "ExpressionAttributeValues": {":n": {"N": "1"}}}},
               {"ConditionCheck": {"TableName": table, "Key": key("t", 3), "ConditionExpression": "attribute_exists(pk)"}}]
    answer = refused(dynamodb.transact_write_items, "TransactionCanceledException",
                     "Transaction cancelled, please refer cancellation reasons for specific reasons [None, None, ConditionalCheckFailed]",
                     TransactItems=actions)
    assert [r["Code"] for r in answer["CancellationReasons"]] == ["None", "None", "ConditionalCheckFailed"]
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key("t", 1))
    dynamodb.put_item(TableName=table, Item=key("t", 3))
    dynamodb.transact_write_items(TransactItems=actions)
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": key("t", i)}} for i in (1, 2, 9)])
    assert got["Responses"] == [{"Item": key("t", 1)}, {"Item": {**key("t", 2), "n": {"N": "1"}}}, {}]


def test_transaction_tokens(dynamodb, table):
    def add(amount, token):
        dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=[{"Update": {
            "TableName": table, "Key": key("tok", 1), "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": amount}}}}])
    token = str(uuid.uuid4())
    add("1", token)
    add("1", token)
    assert dynamodb.get_item(TableName=table, Key=key("tok", 1))["Item"]["n"] == {"N": "1"}
    with pytest.raises(ClientError) as caught:
        add("2", token)
    assert caught.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"


def test_counters_do_not_lose_updates(dynamodb, table):
    def add(_):
        dynamodb.update_item(TableName=table, Key=key("n", 1), UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": "1"}})
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(200)))
    assert dynamodb.get_item(TableName=table, Key=key("n", 1))["Item"]["n"] == {"N": "200"}


def test_expired_items_vanish(dynamodb, table, wait_for):
    now = int(time.time())
    dynamodb.put_item(TableName=table, Item={**key("old", 1), "ttl": {"N": str(now - 10)}})  # before TTL is on
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    for name, expiry in (("past", now - 5), ("future", now + 3600), ("ancient", now - 6 * 365 * 86400)):
        dynamodb.put_item(TableName=table, Item={**key(name, 1), "ttl": {"N": str(expiry)}})
    left = wait_for(lambda: (lambda names: names == {"future", "ancient"} and names)(
        {i["pk"]["S"] for i in dynamodb.scan(TableName=table)["Items"]}))
    assert left == {"future", "ancient"}


def test_what_was_answered_survives_a_kill(fresh_server):
    server = fresh_server("--bare")
    dynamodb = server.client("dynamodb")
    name = make_table(dynamodb)
    for i in range(20):
        dynamodb.put_item(TableName=name, Item=key("k", i))
    server.restart()
    dynamodb = server.client("dynamodb")
    assert dynamodb.scan(TableName=name)["Count"] == 20
    assert dynamodb.describe_table(TableName=name)["Table"]["ItemCount"] == 20


def test_unknown_operations_are_refused(dynamodb):
    refused(dynamodb.export_table_to_point_in_time, "UnknownOperationException", TableArn="arn:aws:dynamodb:us-east-1:0:table/x",
            S3Bucket="b-b")


STATE = [{"AttributeName": "state", "AttributeType": "S"}]


def by_state(dynamodb, table, **more):
    """UpdateTable with one more index, on `state`."""
    create = {"IndexName": "by-state", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}]}
    return dynamodb.update_table(**{**dict(TableName=table, AttributeDefinitions=STATE,
                                           GlobalSecondaryIndexUpdates=[{"Create": create}]), **more})


def test_a_later_index_leaves_out_what_no_key_can_have(dynamodb, table, wait_for):
    for sk, state in enumerate(["new", "", "x" * 2049]):
        dynamodb.put_item(TableName=table, Item={**key("p", sk), "state": {"S": state}})
    by_state(dynamodb, table)
    wait_for(lambda: dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE")
    assert [item["sk"]["N"] for item in dynamodb.scan(TableName=table, IndexName="by-state")["Items"]] == ["0"]
    dynamodb.delete_item(TableName=table, Key=key("p", 2))


def test_indexes_refused_later(dynamodb, table):
    missing = refused(by_state, "ValidationException", dynamodb=dynamodb, table=table, AttributeDefinitions=ATTRIBUTES)
    assert "not defined in AttributeDefinitions" in missing["Error"]["Message"]
    other = STATE + [{"AttributeName": "sk", "AttributeType": "S"}]
    assert "redefined" in refused(by_state, "ValidationException", dynamodb=dynamodb, table=table, AttributeDefinitions=other)["Error"]["Message"]
    refused(dynamodb.update_table, "ValidationException", TableName=table, GlobalSecondaryIndexUpdates=[])


@pytest.mark.parametrize("included, message", [
    (["note", "note"], "One or more parameter values were invalid: Duplicate name in NonKeyAttributes: note"),
    (["n" * 256], "One or more parameter values were invalid: The names in NonKeyAttributes must have a length of 1 to 255 bytes")])
def test_projections_refused(dynamodb, included, message):
    index = {**BY_STATE, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": included}}
    refused(make_table, "ValidationException", message, dynamodb=dynamodb, AttributeDefinitions=ATTRIBUTES + STATE,
            GlobalSecondaryIndexes=[index])


def test_an_attribute_is_defined_once(dynamodb):
    refused(make_table, "ValidationException", "One or more parameter values were invalid: Duplicate AttributeName in "
            "AttributeDefinitions: sk", dynamodb=dynamodb,
            AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "sk", "AttributeType": "S"}])


def test_removing_from_nothing_makes_nothing(dynamodb, table):
    answer = dynamodb.update_item(TableName=table, Key=key("p", 1), UpdateExpression="REMOVE note DELETE marks :m",
                                  ExpressionAttributeValues={":m": {"SS": ["a"]}}, ReturnValues="ALL_NEW")
    assert "Attributes" not in answer
    assert dynamodb.scan(TableName=table)["Count"] == 0


@pytest.mark.parametrize("name, message", [("", "Empty attribute name"), ("n" * 65536, "65535 bytes")])
def test_names_of_attributes(server, table, name, message):
    status, answer = raw(server, "PutItem", TableName=table, Item={**key("p", 1), name: {"S": "v"}})
    assert (status, answer["__type"].split("#")[1]) == (400, "ValidationException") and message in answer["message"]
    status, _ = raw(server, "PutItem", TableName=table, Item={**key("p", 1), "n" * 65535: {"S": "v"}})
    assert status == 200


def test_names_that_are_no_texts(server, table):
    status, answer = raw(server, "GetItem", TableName=table, Key=key("p", 1), ProjectionExpression="#a", ExpressionAttributeNames={"#a": 7})
    assert (status, answer["__type"].split("#")[1]) == (400, "SerializationException")


def test_functions_of_values(dynamodb, table):
    update = dict(TableName=table, Key=key("p", 1), UpdateExpression="SET note = :n")
    dynamodb.update_item(**update, ConditionExpression="attribute_type(:n, :t)",
                         ExpressionAttributeValues={":n": {"N": "1"}, ":t": {"S": "N"}})
    refused(dynamodb.update_item, "ValidationException", "Invalid ConditionExpression: Incorrect operand type for operator or "
            "function; operator or function: size, operand type: N", **update, ConditionExpression="size(size(note)) > :n",
            ExpressionAttributeValues={":n": {"N": "1"}})


def test_keys_of_other_schemas(dynamodb, indexed):
    refused(dynamodb.scan, "ValidationException", "The provided Exclusive start key does not map to the provided TotalSegments and "
            "Segment values", TableName=indexed, Segment=0, TotalSegments=1000000, ExclusiveStartKey=key("p", 1))
    single = make_table(dynamodb, KeySchema=KEY[:1], AttributeDefinitions=ATTRIBUTES[:1])
    refused(dynamodb.query, "ValidationException", "Query key condition not supported", TableName=single,
            KeyConditionExpression="pk = :p AND sk = :s", ExpressionAttributeValues={":p": {"S": "p"}, ":s": {"N": "1"}})


def test_the_first_invalid_action_cancels(dynamodb, table):
    def put(item, **more):
        return {"Put": {"TableName": table, "Item": item, **more}}
    answer = refused(dynamodb.transact_write_items, "TransactionCanceledException", TransactItems=[
        put(key("p", 1), ConditionExpression="attribute_exists(pk)"), put({"pk": {"N": "7"}}), put({"pk": {"N": "8"}})])
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ValidationError", "None"]


def test_deleted_tables_have_no_schema(dynamodb):
    deleted = dynamodb.delete_table(TableName=make_table(dynamodb))["TableDescription"]
    assert deleted["TableStatus"] == "DELETING" and deleted["TableArn"] and deleted["TableId"]
    assert not {"KeySchema", "AttributeDefinitions", "CreationDateTime"} & set(deleted)


def test_tags_refused(dynamodb, indexed):
    table = dynamodb.describe_table(TableName=indexed)["Table"]
    refused(dynamodb.tag_resource, "ValidationException", ResourceArn=table["TableArn"], Tags=[{"Key": "a!", "Value": "b"}])
    refused(dynamodb.tag_resource, "ValidationException", ResourceArn=table["TableArn"], Tags=[{"Key": "a", "Value": "\"b\""}])
    refused(dynamodb.list_tags_of_resource, "ValidationException", ResourceArn=table["GlobalSecondaryIndexes"][0]["IndexArn"])
    dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=[{"Key": "Größe 1", "Value": "+-=._:/@"}])


def test_backups_of_no_table(dynamodb):
    refused(dynamodb.describe_continuous_backups, "TableNotFoundException", "Table not found: none-such", TableName="none-such")


@pytest.mark.parametrize("name, message", [("", "Empty attribute name for key #a"), ("n" * 65536, "65535 bytes for key #a")])
def test_names_of_placeholders(dynamodb, table, name, message):
    answer = refused(dynamodb.get_item, "ValidationException", TableName=table, Key=key("p", 1), ProjectionExpression="#a",
                     ExpressionAttributeNames={"#a": name})
    assert message in answer["Error"]["Message"]
