/* SPDX-License-Identifier: Apache-2.0
 *
 * What a service may answer: errors in JSON and XML, S3's lists, DetectText's detections.
 */
#include "aws/reply.h"
#include "detections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_detections(struct arena *a, struct str text)
{
	struct text_area area = { 0, 0, 1000, 1000 };
	const struct json *answer = NULL;
	struct text_page page;

	if (json_parse(a, text, &answer, NULL) == 0 && detections_read(a, answer, &area, &page, NULL) == 0)
		(void)detections_json(a, &page, 1000, 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_of((const char *)data, size);
	struct aws_reply reply = { .status = 400, .body = text };
	struct error err = { 0 };
	struct arena a;
	size_t at = 0;

	arena_init(&a, 1 << 24);
	(void)aws_reply_error(&a, &reply, &err);
	for (struct str e = xml_scan(text, "Version", &at); str_is_set(e); e = xml_scan(text, "Version", &at))
		(void)xml_scan_text(&a, e, "Key");
	read_detections(&a, text);
	arena_release(&a);
	return 0;
}
