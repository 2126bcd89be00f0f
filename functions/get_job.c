/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /jobs/{job_id}: the record, and for a job that has succeeded URLs of what it made.
 */
#include "aws/s3.h"
#include "http_api.h"
#include "item.h"
#include "job.h"

enum { URL_SECONDS = 15 * 60 };

static int add_url(struct function_context *c, const struct json *stored, const char *key_name, const char *url_name,
		   struct json *out, struct error *err)
{
	struct s3_object_id id = { .bucket = item_s(stored, "processed_bucket"), .key = item_s(stored, key_name) };
	struct str url;

	if (id.key.n == 0)
		return 0;
	int rc = s3_presign(c->aws, c->arena, STR("GET"), &id, NULL, 0, STR_NULL, c->now_ms, URL_SECONDS, &url, err);
	if (rc == 0)
		json_add_member(c->arena, out, str_c(url_name), json_new_string(c->arena, url));
	return rc;
}

static int add_urls(struct function_context *c, const struct json *stored, struct json *view, struct error *err)
{
	struct arena *a = c->arena;
	struct json *result = json_copy_object(a, json_get_c(view, "result"));

	int rc = add_url(c, stored, "processed_key", "processed_url", result, err);
	if (rc == 0)
		rc = add_url(c, stored, "text_key", "text_url", result, err);
	if (rc == 0)
		rc = add_url(c, stored, "json_key", "json_url", result, err);
	if (rc)
		return rc;
	json_add_member(a, result, STR("urls_expire_at"), json_new_string(a, job_time(a, c->now_ms + URL_SECONDS * 1000)));
	json_put(a, view, STR("result"), result);
	return 0;
}

int get_job(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	const struct json *item = NULL;
	struct str owner;

	int rc = api_owner(c, event, &owner, err);
	if (rc == 0)
		rc = job_read(c, api_path(event, "job_id"), owner, &item, err);
	if (rc)
		return rc;
	struct json *view = job_view(c->arena, item);
	if (json_get_c(view, "result"))
		rc = add_urls(c, item_m(item, "result"), view, err);
	if (rc == 0)
		*result = api_answer(c, 200, view);
	return rc;
}
