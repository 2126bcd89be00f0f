output "alarm_topic_arn" {
  description = "Topic that alarms publish to."
  value       = aws_sns_topic.alarms.arn
}

output "api_endpoint" {
  description = "URL of the API, without a trailing slash."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "dead_letter_queues" {
  description = "URL of the queue of undeliverable events, by rule."
  value       = { for name, queue in aws_sqs_queue.dead_letters : name => queue.url }
}

output "function_names" {
  description = "Name of each function, by its name in pipeline/functions.json."
  value       = { for name, function in aws_lambda_function.this : name => function.function_name }
}

output "jobs_table" {
  description = "Name of the jobs table."
  value       = aws_dynamodb_table.jobs.name
}

output "processed_bucket" {
  description = "Name of the bucket that results are in."
  value       = aws_s3_bucket.this["processed"].id
}

output "source_bucket" {
  description = "Name of the bucket that images are uploaded to."
  value       = aws_s3_bucket.this["source"].id
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.pipeline.arn
}
