/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/services.h"

#include "service/apigatewayv2/apigatewayv2.h"
#include "service/codebuild/codebuild.h"
#include "service/dynamodb/dynamodb.h"
#include "service/ec2/ec2.h"
#include "service/events/events.h"
#include "service/iam/iam.h"
#include "service/kms/kms.h"
#include "service/lambda/lambda.h"
#include "service/logs/logs.h"
#include "service/monitoring/monitoring.h"
#include "service/rekognition/rekognition.h"
#include "service/s3/s3.h"
#include "service/secretsmanager/secretsmanager.h"
#include "service/sns/sns.h"
#include "service/sqs/sqs.h"
#include "service/ssm/ssm.h"
#include "service/states/states.h"
#include "service/sts/sts.h"

/* They start in this order and stop in the reverse one: who is called stands before who calls. */
static const struct service *const all[] = {
	&service_iam,
	&service_sts,
	&service_logs,
	&service_monitoring,
	&service_ssm,
	&service_secretsmanager,
	&service_kms,
	&service_s3,
	&service_dynamodb,
	&service_sqs,
	&service_sns,
	&service_rekognition,
	&service_lambda,
	&service_states,
	&service_events,
	&service_apigatewayv2,
	&service_codebuild,
	&service_ec2,
	NULL,
};

void services_all(struct host_options *options)
{
	options->services = all;
	options->hooks = (struct host_hooks){
		.put_event = events_put,
		.log = logs_append,
		.log_try = logs_append_try,
		.metric = monitoring_record,
		.authorize = iam_authorize,
		.may = iam_may,
		.may_assume = iam_may_assume,
		.role_id = iam_role_id,
		.find_provider = iam_find_provider,
		.may_assume_by_claims = iam_may_assume_by_claims,
		.role_session_max = iam_role_session_max,
		.policy_document = iam_policy_document,
	};
}

void services_without_iam(struct host_options *options)
{
	options->hooks.authorize = NULL;
	options->hooks.may = NULL;
	options->hooks.may_assume = NULL;
	options->hooks.may_assume_by_claims = NULL;
}
