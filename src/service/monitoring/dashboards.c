/* SPDX-License-Identifier: Apache-2.0
 *
 * Dashboards: kept and given back; drawing them is the client's.
 */
#include "service/monitoring/internal.h"

#include "aws/arn.h"
#include "os/clock.h"

static bool valid_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return text.n > 0;
}

/* "arn:aws:cloudwatch::<account>:dashboard/<name>": they belong to no region. */
static struct str dashboard_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "cloudwatch", STR(""), host_account(call->host), "dashboard/" STR_FMT, STR_ARG(name));
}

struct str monitoring_dashboard_resource(struct call *call)
{
	return dashboard_arn(call, ((const struct monitoring_input *)call->input)->name);
}

size_t monitoring_dashboards_permissions(struct call *call, const struct permission **list)
{
	const struct json *names = ((const struct monitoring_input *)call->input)->names;
	size_t count = names ? names->count : 0;
	struct permission *asked = arena_alloc_array(&call->arena, count + 1, sizeof(*asked));

	for (size_t i = 0; asked && i < count; i++)
		asked[i] = (struct permission){ STR("cloudwatch:DeleteDashboards"),
						dashboard_arn(call, json_text(names->items[i])) };
	*list = asked;
	return asked ? count : 0;
}

#define DASHBOARD_NAME BIND_STR(struct monitoring_input, name, "DashboardName", .required = true)

const struct bind monitoring_put_dashboard_fields[] = {
	DASHBOARD_NAME,
	BIND_STR(struct monitoring_input, body, "DashboardBody", .required = true),
	BIND_REFUSED("Tags"),
	BIND_DONE,
};

int monitoring_put_dashboard(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *dashboard = json_new_object(a);
	const struct json *body;
	struct error err = { 0 };
	struct key key;

	if (!valid_name(in->name) || in->name.n > 255)
		return call_failf(call, &monitoring_InvalidParameterValue,
				  "The value " STR_FMT
				  " for field DashboardName contains invalid characters. It can only contain "
				  "alphanumerics, dash (-) and underscore (_).",
				  STR_ARG(in->name));
	if (json_parse(a, in->body, &body, NULL) < 0 || !json_is(body, JSON_OBJECT))
		return call_failf(call, &monitoring_InvalidParameterInput, "The field DashboardBody must be a valid JSON object");
	json_put(a, dashboard, STR("Name"), json_new_string(a, in->name));
	json_put(a, dashboard, STR("Body"), json_new_string(a, in->body));
	json_put(a, dashboard, STR("Modified"), json_new_i64(a, clock_wall_ms()));
	record_key(&key, STR("dashboard"), in->name);
	if (record_put(call->txn, SPACE_MONITORING, &key, a, dashboard, &err) < 0)
		return call_fault(call, &err);
	write_list(&call->out, "DashboardValidationMessages", "member");
	write_end(&call->out);
	return 0;
}

const struct bind monitoring_get_dashboard_fields[] = { DASHBOARD_NAME, BIND_DONE };

int monitoring_get_dashboard(struct call *call)
{
	const struct monitoring_input *in = call->input;
	const struct json *dashboard;
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("dashboard"), in->name);
	int rc = record_get(call->txn, SPACE_MONITORING, &key, &call->arena, &dashboard, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &monitoring_ResourceNotFound, "Dashboard " STR_FMT " does not exist", STR_ARG(in->name));
	if (rc < 0)
		return call_fault(call, &err);
	write_str(&call->out, "DashboardArn", dashboard_arn(call, in->name));
	write_str(&call->out, "DashboardBody", json_get_text(dashboard, STR("Body")));
	write_str(&call->out, "DashboardName", in->name);
	return 0;
}

const struct bind monitoring_list_dashboards_fields[] = {
	BIND_STR(struct monitoring_input, prefix, "DashboardNamePrefix"),
	BIND_STR(struct monitoring_input, token, "NextToken"),
	BIND_DONE,
};

static int write_listed(void *argument, const struct json *dashboard)
{
	struct call *call = argument;
	struct str name = json_get_text(dashboard, STR("Name"));
	int64_t modified = 0;

	if (!str_starts(name, ((const struct monitoring_input *)call->input)->prefix))
		return 0;
	if (json_to_i64(json_get_c(dashboard, "Modified"), &modified) != 0)
		modified = 0;
	write_object(&call->out, NULL);
	write_str(&call->out, "DashboardName", name);
	write_str(&call->out, "DashboardArn", dashboard_arn(call, name));
	write_time(&call->out, "LastModified", modified);
	write_i64(&call->out, "Size", (int64_t)json_get_text(dashboard, STR("Body")).n);
	write_end(&call->out);
	return 1;
}

int monitoring_list_dashboards(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct record_window window = { .limit = 1000, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("dashboard"));
	write_list(&call->out, "DashboardEntries", "member");
	if (record_page(call->txn, SPACE_MONITORING, &key, &window, &call->arena, write_listed, call, &next, &err) < 0)
		return monitoring_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

const struct bind monitoring_delete_dashboards_fields[] = {
	BIND_LIST(struct monitoring_input, names, "DashboardNames", .required = true),
	BIND_DONE,
};

int monitoring_delete_dashboards(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	for (size_t i = 0; i < in->names->count; i++) {
		record_key(&key, STR("dashboard"), json_text(in->names->items[i]));
		if (!store_has(call->txn, SPACE_MONITORING, key_str(&key)))
			return call_failf(call, &monitoring_ResourceNotFound, "Dashboard " STR_FMT " does not exist",
					  STR_ARG(json_text(in->names->items[i])));
		if (store_delete(call->txn, SPACE_MONITORING, key_str(&key), &err) < 0)
			return call_fault(call, &err);
	}
	return 0;
}
