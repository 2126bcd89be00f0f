/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/state.h"

enum { BUCKET_NAME_MIN = 3, BUCKET_NAME_MAX = 63, KEY_BYTES_MAX = 1024 };

const struct bind s3_bucket_rows[] = { S3_BUCKET_ROWS(struct s3_bucket_input), BIND_DONE };

const struct bind s3_object_rows[] = {
	S3_KEY_ROWS(struct s3_object_input),
	S3_QUERY(struct s3_object_input, version_id, "VersionId", "versionId"),
	BIND_DONE,
};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool looks_like_an_address(struct str name)
{
	int pieces = 0;
	uint64_t number;

	while (name.p) {
		struct str piece = str_split(&name, '.');
		if (piece.n > 3 || str_to_u64(piece, &number) < 0)
			return false;
		pieces++;
	}
	return pieces == 4;
}

/* "General purpose bucket naming rules", Amazon S3 User Guide. */
bool s3_bucket_name_is_valid(struct str name)
{
	static const char *const prefixes[] = { "xn--", "sthree-", "amzn-s3-demo-" };
	static const char *const suffixes[] = { "-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3" };

	if (name.n < BUCKET_NAME_MIN || name.n > BUCKET_NAME_MAX || !is_alnum(name.p[0]) || !is_alnum(name.p[name.n - 1]))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (!is_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '.')
			return false;
		if (name.p[i] == '.' && name.p[i + 1] == '.')
			return false;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(name, str_c(prefixes[i])))
			return false;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (str_ends(name, str_c(suffixes[i])))
			return false;
	return !looks_like_an_address(name);
}

int s3_check_key(struct call *call, struct str key)
{
	if (key.n > KEY_BYTES_MAX) {
		call_fail(call, &s3_KeyTooLongError);
		call_error_field(call, "Size", arena_printf(&call->arena, "%zu", key.n).p);
		call_error_field(call, "MaxSizeAllowed", "1024");
		return ERR_SERVICE;
	}
	if (key.n == 0 || !str_is_utf8(key) || str_find_char(key, '\0', 0) >= 0)
		return s3_fail_argument(call, "Key", STR_NULL, "Object key is not well-formed UTF-8.");
	return 0;
}

struct str s3_bucket_arn(struct call *call)
{
	return arena_printf(&call->arena, "arn:aws:s3:::" STR_FMT, STR_ARG(s3_target(call)->bucket));
}

struct str s3_object_arn(struct call *call)
{
	const struct s3_target *t = s3_target(call);

	return arena_printf(&call->arena, "arn:aws:s3:::" STR_FMT "/" STR_FMT, STR_ARG(t->bucket), STR_ARG(t->key));
}
