/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/services.h"

#include "service/sts/sts.h"

static const struct service *const all[] = {
	&service_sts,
	NULL,
};

void services_all(struct host_options *options)
{
	options->services = all;
	options->hooks = (struct host_hooks){ 0 };
}

void services_without_iam(struct host_options *options)
{
	options->hooks.authorize = NULL;
	options->hooks.may_assume = NULL;
}
