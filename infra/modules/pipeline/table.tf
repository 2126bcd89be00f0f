resource "aws_dynamodb_table" "jobs" {
  name                        = local.table.TableName
  billing_mode                = local.table.BillingMode
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = one([for key in local.table.KeySchema : key.AttributeName if key.KeyType == "HASH"])

  dynamic "attribute" {
    for_each = local.table.AttributeDefinitions

    content {
      name = attribute.value.AttributeName
      type = attribute.value.AttributeType
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.table.GlobalSecondaryIndexes

    content {
      name               = global_secondary_index.value.IndexName
      hash_key           = one([for key in global_secondary_index.value.KeySchema : key.AttributeName if key.KeyType == "HASH"])
      range_key          = one([for key in global_secondary_index.value.KeySchema : key.AttributeName if key.KeyType == "RANGE"])
      non_key_attributes = global_secondary_index.value.Projection.NonKeyAttributes
      projection_type    = global_secondary_index.value.Projection.ProjectionType
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
}
