output "alarm_topic_arn" {
  description = "Topic that alarms publish to."
  value       = module.pipeline.alarm_topic_arn
}

output "api_endpoint" {
  description = "URL of the API, without a trailing slash."
  value       = module.pipeline.api_endpoint
}

output "jobs_table" {
  description = "Name of the jobs table."
  value       = module.pipeline.jobs_table
}

output "processed_bucket" {
  description = "Name of the bucket that results are in."
  value       = module.pipeline.processed_bucket
}

output "source_bucket" {
  description = "Name of the bucket that images are uploaded to."
  value       = module.pipeline.source_bucket
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.pipeline.state_machine_arn
}
