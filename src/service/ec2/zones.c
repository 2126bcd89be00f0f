/* SPDX-License-Identifier: Apache-2.0
 *
 * Three zones in every region, as most regions have. Source: "DescribeAvailabilityZones", Amazon EC2 API Reference.
 */
#include "service/ec2/ec2.h"

static const struct service_error invalid_value = { "InvalidParameterValue", 400, NULL };
static const struct service_error dry_run = { "DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set." };

struct zones_input {
	const struct json *names, *ids, *filters;
	struct opt_bool all, dry_run;
};

static const struct bind zones_fields[] = {
	BIND_LIST(struct zones_input, names, "ZoneName"),
	BIND_LIST(struct zones_input, ids, "ZoneId"),
	BIND_LIST(struct zones_input, filters, "Filter"),
	BIND_BOOL(struct zones_input, all, "AllAvailabilityZones"), /* none is left out */
	BIND_BOOL(struct zones_input, dry_run, "DryRun"),
	BIND_DONE,
};

struct zone {
	struct str name, id, region, group;
};

/* "ap-southeast-2" is "apse2" in zone ids: the first part whole, then the first letter of each direction. */
static struct str short_region(struct arena *a, struct str region)
{
	static const char *const directions[] = { "north", "south", "east", "west", "central", "gov", NULL };
	struct str rest = region, text = str_split(&rest, '-');

	while (rest.n > 0) {
		bool found = false;
		for (const char *const *d = directions; *d && !found; d++) {
			found = str_starts(rest, str_c(*d));
			if (found) {
				text = arena_printf(a, STR_FMT "%c", STR_ARG(text), **d);
				rest = str_from(rest, strlen(*d));
			}
		}
		if (!found && rest.p[0] != '-')
			text = arena_printf(a, STR_FMT "%c", STR_ARG(text), rest.p[0]);
		if (!found)
			rest = str_from(rest, 1);
	}
	return text;
}

static struct zone zone_at(struct call *call, int index)
{
	struct str region = host_region(call->host);

	return (struct zone){
		.name = arena_printf(&call->arena, STR_FMT "%c", STR_ARG(region), 'a' + index),
		.id = arena_printf(&call->arena, STR_FMT "-az%d", STR_ARG(short_region(&call->arena, region)), index + 1),
		.region = region,
		.group = arena_printf(&call->arena, STR_FMT "-zg-1", STR_ARG(region)),
	};
}

static bool contains(const struct json *list, struct str text)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(json_text(list->items[i]), text))
			return true;
	return false;
}

/* What a filter looks at; absent: there is no such filter. */
static struct str filtered_value(const struct zone *z, struct str filter)
{
	const struct {
		const char *name;
		struct str value;
	} values[] = {
		{ "zone-name", z->name },
		{ "zone-id", z->id },
		{ "region-name", z->region },
		{ "group-name", z->group },
		{ "state", STR("available") },
		{ "zone-type", STR("availability-zone") },
		{ "opt-in-status", STR("opt-in-not-required") },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (str_eq_c(filter, values[i].name))
			return values[i].value;
	return STR_NULL;
}

static bool is_asked_for(const struct zones_input *in, const struct zone *z)
{
	if ((in->names && !contains(in->names, z->name)) || (in->ids && !contains(in->ids, z->id)))
		return false;
	for (size_t i = 0; in->filters && i < in->filters->count; i++) {
		const struct json *filter = in->filters->items[i];
		const struct json *values = json_get_c(filter, "Value");
		if (!values || !contains(values, filtered_value(z, json_get_text(filter, STR("Name")))))
			return false;
	}
	return true;
}

enum { ZONES = 3 };

static int check_listed(struct call *call, const struct json *list, bool ids)
{
	for (size_t i = 0; list && i < list->count; i++) {
		bool known = false;
		for (int at = 0; at < ZONES; at++) {
			struct zone z = zone_at(call, at);
			known = known || str_eq(json_text(list->items[i]), ids ? z.id : z.name);
		}
		if (!known)
			return call_failf(call, &invalid_value, "Invalid availability %s: [" STR_FMT "]",
					  ids ? "zone-id" : "zone", STR_ARG(json_text(list->items[i])));
	}
	return 0;
}

static int check_filters(struct call *call, const struct json *filters)
{
	struct zone any = zone_at(call, 0);

	for (size_t i = 0; filters && i < filters->count; i++) {
		struct str name = json_get_text(filters->items[i], STR("Name"));
		if (!str_is_set(filtered_value(&any, name)))
			return call_failf(call, &invalid_value, "The filter '" STR_FMT "' is invalid", STR_ARG(name));
	}
	return 0;
}

static int check_zones(struct call *call)
{
	const struct zones_input *in = call->input;

	if (check_listed(call, in->names, false) < 0 || check_listed(call, in->ids, true) < 0 ||
	    check_filters(call, in->filters) < 0)
		return ERR_SERVICE;
	return 0;
}

static int describe_availability_zones(struct call *call)
{
	const struct zones_input *in = call->input;
	struct writer *w = &call->out;

	if (in->dry_run.value)
		return call_fail(call, &dry_run);
	write_list(w, "availabilityZoneInfo", "item");
	for (int i = 0; i < ZONES; i++) {
		struct zone z = zone_at(call, i);
		if (!is_asked_for(in, &z))
			continue;
		write_object(w, NULL);
		write_str(w, "zoneName", z.name);
		write_str(w, "zoneId", z.id);
		write_c(w, "zoneState", "available");
		write_c(w, "zoneType", "availability-zone");
		write_str(w, "regionName", z.region);
		write_str(w, "networkBorderGroup", z.region);
		write_str(w, "groupName", z.group);
		write_c(w, "optInStatus", "opt-in-not-required");
		write_list(w, "messageSet", "item");
		write_end(w);
		write_end(w);
	}
	write_end(w);
	return 0;
}

static const struct operation operations[] = {
	{ .name = "DescribeAvailabilityZones",
	  .kind = OPERATION_ASYNC,
	  .run = describe_availability_zones,
	  .prepare = check_zones,
	  .input = zones_fields,
	  .input_size = sizeof(struct zones_input) },
	{ 0 },
};

static int open_service(struct host *host, void **state, struct error *err)
{
	(void)host, (void)err;
	*state = NULL;
	return 0;
}

const struct service service_ec2 = {
	.name = "ec2",
	.protocol = PROTOCOL_QUERY,
	.api_version = "2016-11-15",
	.xml_namespace = "http://ec2.amazonaws.com/doc/2016-11-15/",
	.plain_answers = true,
	.validation = &invalid_value,
	.operations = operations,
	.open = open_service,
};
