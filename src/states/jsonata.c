/* SPDX-License-Identifier: Apache-2.0 */
#include "states/jsonata.h"

int jsonata_compile(struct arena *a, struct str text, const struct jsonata **out, struct error *err)
{
	(void)a;
	(void)text;
	(void)out;
	return error_set(err, ERR_UNSUPPORTED, "JSONata is not supported");
}

const struct json *jsonata_read(const struct jsonata *j, struct scope *scope, struct str field, struct fault *fault)
{
	(void)j;
	(void)scope;
	(void)field;
	(void)fault;
	return NULL;
}

struct str jsonata_text(const struct jsonata *j)
{
	(void)j;
	return STR_NULL;
}
