/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenID Connect providers.
 */
#include "os/clock.h"
#include "service/iam/operations.h"
#include "service/tags.h"

enum { CLIENT_IDS_MAX = 100, THUMBPRINTS_MAX = 5 };

#define FIELD_ARN BIND_STR(struct iam_input, arn, "OpenIDConnectProviderArn", .required = true, .min = 20, .max = 2048)

const struct bind iam_oidc_create_fields[] = {
	BIND_STR(struct iam_input, url, "Url", .required = true, .min = 1, .max = 255),
	BIND_LIST(struct iam_input, client_ids, "ClientIDList", .max = CLIENT_IDS_MAX),
	BIND_LIST(struct iam_input, thumbprints, "ThumbprintList", .max = THUMBPRINTS_MAX),
	FIELD_TAGS,
	BIND_DONE,
};

static int check_url(struct call *call, struct str url, struct str *bare)
{
	if (!str_starts(url, STR("https://")) || url.n == sizeof("https://") - 1)
		return call_failf(call, &iam_ValidationError, "Invalid Open ID Connect Provider URL");
	*bare = str_from(url, sizeof("https://") - 1);
	return 0;
}

static struct json *build_provider(struct call *call, struct str arn, struct str url)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *provider = json_new_object(a);

	put_text(a, provider, "Arn", arn);
	put_text(a, provider, "Url", url);
	json_put(a, provider, STR("CreateDate"), json_new_i64(a, clock_wall_ms()));
	json_put(a, provider, STR("ClientIDList"), in->client_ids ? in->client_ids : &json_empty_array);
	json_put(a, provider, STR("ThumbprintList"), in->thumbprints ? in->thumbprints : &json_empty_array);
	if (in->tags)
		json_put(a, provider, STR("Tags"), tags_merge(a, NULL, in->tags));
	return provider;
}

int iam_create_provider(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *old;
	struct str url, arn;
	int rc = check_url(call, in->url, &url);

	if (rc < 0)
		return rc;
	arn = entity_arn(call->host, &call->arena, "oidc-provider", STR("/"), url);
	rc = arn_find(call, "oidc", arn, &old);
	if (rc == 0 && old)
		rc = call_failf(call, &iam_EntityAlreadyExists, "Provider with url " STR_FMT " already exists.",
				STR_ARG(in->url));
	if (rc == 0)
		rc = arn_put(call, "oidc", arn, build_provider(call, arn, url));
	if (rc < 0)
		return rc;
	write_str(&call->out, "OpenIDConnectProviderArn", arn);
	if (in->tags)
		tags_write_list(&call->out, "Tags", tags_merge(&call->arena, NULL, in->tags));
	return 0;
}

static int require_provider(struct call *call, const struct json **out)
{
	const struct iam_input *in = call->input;
	int rc = arn_find(call, "oidc", in->arn, out);

	if (rc < 0 || *out)
		return rc;
	return call_failf(call, &iam_NoSuchEntity, "OpenIDConnect Provider not found for arn " STR_FMT, STR_ARG(in->arn));
}

static void write_texts(struct writer *w, const char *name, const struct json *list)
{
	write_list(w, name, "member");
	for (size_t i = 0; list && i < list->count; i++)
		write_str(w, NULL, json_text(list->items[i]));
	write_end(w);
}

const struct bind iam_oidc_provider_fields[] = { FIELD_ARN, BIND_DONE };

int iam_get_provider(struct call *call)
{
	const struct json *provider;
	int rc = require_provider(call, &provider);

	if (rc < 0)
		return rc;
	write_str(&call->out, "Url", json_get_text(provider, STR("Url")));
	write_texts(&call->out, "ClientIDList", json_get_c(provider, "ClientIDList"));
	write_texts(&call->out, "ThumbprintList", json_get_c(provider, "ThumbprintList"));
	write_time(&call->out, "CreateDate", get_i64(provider, "CreateDate"));
	write_tags(call, provider);
	return 0;
}

int iam_delete_provider(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *provider;
	int rc = require_provider(call, &provider);

	return rc < 0 ? rc : arn_delete(call, "oidc", in->arn);
}

const struct bind iam_oidc_no_fields[] = { BIND_DONE };

static bool list_provider(void *argument, const struct json *provider)
{
	struct writer *w = argument;

	write_object(w, NULL);
	write_str(w, "Arn", json_get_text(provider, STR("Arn")));
	write_end(w);
	return true;
}

int iam_list_providers(struct call *call)
{
	write_list(&call->out, "OpenIDConnectProviderList", "member");
	int rc = documents_each(call, "oidc", list_provider, &call->out);
	write_end(&call->out);
	return rc;
}

static int put_member(struct call *call, const struct json *provider, const char *member, const struct json *value)
{
	const struct iam_input *in = call->input;
	struct json *changed = json_copy_object(&call->arena, provider);

	json_put(&call->arena, changed, str_c(member), value);
	return arn_put(call, "oidc", in->arn, changed);
}

const struct bind iam_oidc_client_fields[] = {
	FIELD_ARN,
	BIND_STR(struct iam_input, client_id, "ClientID", .required = true, .min = 1, .max = 255),
	BIND_DONE,
};

static struct json *clients_without(struct arena *a, const struct json *provider, struct str id)
{
	const struct json *old = json_get_c(provider, "ClientIDList");
	struct json *list = json_new_array(a);

	for (size_t i = 0; old && i < old->count; i++) {
		if (!str_eq(json_text(old->items[i]), id))
			json_add(a, list, old->items[i]);
	}
	return list;
}

int iam_add_client(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *provider;
	int rc = require_provider(call, &provider);

	if (rc < 0)
		return rc;
	struct json *list = clients_without(&call->arena, provider, in->client_id);
	json_add(&call->arena, list, json_new_string(&call->arena, in->client_id));
	if (list && list->count > CLIENT_IDS_MAX)
		return call_failf(call, &iam_LimitExceeded, "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d",
				  CLIENT_IDS_MAX);
	return put_member(call, provider, "ClientIDList", list);
}

int iam_remove_client(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *provider;
	int rc = require_provider(call, &provider);

	return rc < 0 ? rc : put_member(call, provider, "ClientIDList", clients_without(&call->arena, provider, in->client_id));
}

const struct bind iam_oidc_thumbprint_fields[] = {
	FIELD_ARN,
	BIND_LIST(struct iam_input, thumbprints, "ThumbprintList", .required = true, .max = THUMBPRINTS_MAX),
	BIND_DONE,
};

int iam_update_thumbprint(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *provider;
	int rc = require_provider(call, &provider);

	return rc < 0 ? rc : put_member(call, provider, "ThumbprintList", in->thumbprints);
}

const struct bind iam_oidc_tag_fields[] = { FIELD_ARN, FIELD_TAGS_NEEDED, BIND_DONE };
const struct bind iam_oidc_untag_fields[] = { FIELD_ARN, FIELD_TAG_KEYS, BIND_DONE };
const struct bind iam_oidc_list_tags_fields[] = { FIELD_ARN, FIELDS_PAGE, BIND_DONE };

int iam_tag_provider(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *provider;
	int rc = require_provider(call, &provider);

	if (rc < 0)
		return rc;
	const struct json *tags = tags_merge(&call->arena, json_get_c(provider, "Tags"), in->tags);
	rc = check_tags(call, tags);
	return rc < 0 ? rc : put_member(call, provider, "Tags", tags);
}

int iam_untag_provider(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *provider;
	int rc = require_provider(call, &provider);

	return rc < 0 ? rc
		      : put_member(call, provider, "Tags",
				   tags_without(&call->arena, json_get_c(provider, "Tags"), in->tag_keys));
}

int iam_list_provider_tags(struct call *call)
{
	const struct json *provider;
	int rc = require_provider(call, &provider);

	if (rc < 0)
		return rc;
	tags_write_list(&call->out, "Tags", json_get_c(provider, "Tags"));
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}
