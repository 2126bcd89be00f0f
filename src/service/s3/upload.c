/* SPDX-License-Identifier: Apache-2.0
 *
 * Multipart uploads: begun, filled, given up. Finishing is in complete.c.
 */
#include "base/encode.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/s3/upload.h"

enum { PART_NUMBER_MAX = 10000, UPLOAD_ID_BYTES = 24 };

const struct bind s3_create_upload_rows[] = {
	S3_KEY_ROWS(struct create_upload_input),
	S3_ATTRIBUTE_ROWS(struct create_upload_input),
	S3_HEADER(struct create_upload_input, checksum_algorithm, "ChecksumAlgorithm", "x-amz-checksum-algorithm"),
	S3_HEADER(struct create_upload_input, checksum_type, "ChecksumType", "x-amz-checksum-type"),
	BIND_DONE,
};

const struct bind s3_upload_rows[] = {
	S3_KEY_ROWS(struct upload_input),
	S3_QUERY(struct upload_input, upload_id, "UploadId", "uploadId"),
	BIND_I64(struct upload_input, max, "MaxParts", .location = BIND_QUERY, .wire = "max-parts"),
	BIND_I64(struct upload_input, marker, "PartNumberMarker", .location = BIND_QUERY, .wire = "part-number-marker"),
	S3_REFUSED_CUSTOMER_KEY,
	BIND_DONE,
};

const struct bind s3_upload_part_rows[] = {
	S3_KEY_ROWS(struct upload_input),
	S3_QUERY(struct upload_input, upload_id, "UploadId", "uploadId"),
	BIND_I64(struct upload_input, part_number, "PartNumber", .location = BIND_QUERY, .wire = "partNumber", .required = true),
	S3_REFUSED_CUSTOMER_KEY,
	BIND_IGNORED("Body"),
	BIND_IGNORED("ContentLength"),
	BIND_IGNORED("ContentMD5"),
	BIND_IGNORED("ChecksumAlgorithm"),
	BIND_DONE,
};

/* CRC-64 only exists of the whole object, SHA only of the parts; the others as asked. */
static int choose_checksum(struct call *call, const struct create_upload_input *in, struct checksum *c)
{
	struct str name = in->checksum_algorithm, type = in->checksum_type;
	bool crc64 = str_eq_c(name, "CRC64NVME"), sha = str_eq_c(name, "SHA1") || str_eq_c(name, "SHA256");
	bool crc = str_eq_c(name, "CRC32") || str_eq_c(name, "CRC32C");

	if (!str_is_set(name))
		return str_is_set(type) ? call_failf(call, &s3_InvalidRequest,
						     "The x-amz-checksum-type header can only be used with the "
						     "x-amz-checksum-algorithm header.")
					: 0;
	if (!crc64 && !sha && !crc)
		return call_failf(call, &s3_InvalidRequest,
				  "Checksum algorithm provided is unsupported. Please try again with any of the valid "
				  "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
	c->algorithm = name;
	c->composite = str_is_set(type) ? str_eq_c(type, "COMPOSITE") : !crc64;
	if ((crc64 && c->composite) || (sha && !c->composite) ||
	    (str_is_set(type) && !str_eq_c(type, "COMPOSITE") && !str_eq_c(type, "FULL_OBJECT")))
		return call_failf(call, &s3_InvalidRequest,
				  "The " STR_FMT " checksum type cannot be used with the " STR_FMT " checksum algorithm.",
				  STR_ARG(type), STR_ARG(name));
	return 0;
}

int s3_create_upload_prepare(struct call *call)
{
	const struct create_upload_input *in = call->input;
	struct upload *u = ARENA_NEW(&call->arena, struct upload);

	if (!u)
		return call_fault(call, NULL);
	call->scratch = u;
	u->object.bucket = in->target.bucket;
	u->object.key = in->target.key;
	int rc = s3_check_key(call, in->target.key);
	if (rc == 0)
		rc = s3_take_attributes(call, &in->attributes, &u->object);
	return rc < 0 ? rc : choose_checksum(call, in, &u->object.checksum);
}

/* Begins with its time, so that uploads of one key list in the order they began. */
static void make_upload_id(struct access *x, struct upload *u)
{
	uint8_t bytes[UPLOAD_ID_BYTES];
	uint64_t sequence = s3_next_sequence(x->s3, 0);

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(sequence >> (56 - 8 * i));
	random_bytes(bytes + 8, sizeof(bytes) - 8);
	u->id = hex_str(x->arena, bytes, sizeof(bytes));
}

int s3_create_upload(struct call *call)
{
	struct upload *u = call->scratch;
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	u->object.modified_ms = clock_wall_ms();
	s3_default_encryption(&x, &b, &u->object);
	make_upload_id(&x, u);
	if (s3_upload_write(&x, u) < 0)
		return s3_fault(call, &x);
	s3_reply_encryption(call, &u->object);
	if (str_is_set(u->object.checksum.algorithm)) {
		call_reply_header(call, "x-amz-checksum-algorithm", u->object.checksum.algorithm);
		call_reply_header(call, "x-amz-checksum-type",
				  u->object.checksum.composite ? STR("COMPOSITE") : STR("FULL_OBJECT"));
	}
	s3_xml_begin(call, "InitiateMultipartUploadResult");
	write_str(&call->out, "Bucket", u->object.bucket);
	write_str(&call->out, "Key", u->object.key);
	write_str(&call->out, "UploadId", u->id);
	s3_xml_end(call, "InitiateMultipartUploadResult");
	return 0;
}

int s3_upload_open(struct call *call, struct access *x, struct str id, struct bucket *b, struct upload *u)
{
	const struct s3_target *t = s3_target(call);

	if (s3_open_bucket(call, x, b) < 0)
		return ERR_SERVICE;
	int rc = s3_upload_read(x, t->bucket, t->key, id, u);
	if (rc == ERR_NOT_FOUND) {
		rc = call_fail(call, &s3_NoSuchUpload);
		call_error_field(call, "UploadId", arena_c(&call->arena, id));
		return rc;
	}
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_upload_check_number(struct call *call, const struct opt_i64 *number)
{
	if (number->set && number->value >= 1 && number->value <= PART_NUMBER_MAX)
		return 0;
	return s3_fail_argument(call, "partNumber", arena_printf(&call->arena, "%lld", (long long)number->value),
				"Part number must be an integer between 1 and 10000, inclusive");
}

int s3_upload_part_prepare(struct call *call)
{
	const struct upload_input *in = call->input;
	int rc = s3_upload_check_number(call, &in->part_number);

	if (rc < 0)
		s3_body_discard(call);
	return rc;
}

int s3_upload_put_part(struct access *x, const struct upload *u, int number, struct object *part)
{
	struct object old;
	int rc = s3_part_read(x, u->id, number, &old);

	if (rc == 0)
		rc = s3_content_forget(x, &old.content);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	part->modified_ms = clock_wall_ms();
	return s3_part_write(x, u->id, number, part);
}

/* An upload that was begun with an algorithm wants every part to bring its checksum. */
static int check_algorithm(struct call *call, const struct upload *u, const struct object *part)
{
	struct str wanted = u->object.checksum.algorithm, brought = part->checksum.algorithm;

	if (!str_is_set(wanted) || str_eq(wanted, brought))
		return 0;
	return call_failf(call, &s3_InvalidRequest,
			  "Checksum Type mismatch occurred, expected checksum Type: " STR_FMT ", actual checksum Type: " STR_FMT,
			  STR_ARG(wanted), STR_ARG(str_is_set(brought) ? brought : STR("null")));
}

static int put_part(struct call *call, struct access *x, struct object *part, struct upload *u)
{
	const struct upload_input *in = call->input;
	struct bucket b;
	int rc = s3_upload_open(call, x, in->upload_id, &b, u);

	if (rc == 0)
		rc = check_algorithm(call, u, part);
	if (rc < 0)
		return rc;
	rc = s3_body_content(call, x, &part->content);
	if (rc == 0)
		rc = s3_upload_put_part(x, u, (int)in->part_number.value, part);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_upload_part(struct call *call)
{
	struct access x = s3_access(call);
	struct object part = { .checksum = s3_body_checksum(call) };
	struct upload u;

	s3_body_etag(call, &part.etag);
	if (put_part(call, &x, &part, &u) < 0) {
		s3_body_discard(call);
		return ERR_SERVICE;
	}
	call_reply_headerf(call, "ETag", "\"" STR_FMT "\"", STR_ARG(part.etag));
	s3_reply_encryption(call, &u.object);
	s3_reply_checksum(call, &part.checksum);
	return 0;
}

int s3_upload_forget(struct access *x, const struct upload *u)
{
	struct store_cursor c;
	struct object part;
	int number, rc = s3_part_scan(x, u->id, 0, &c);

	while (rc == 0 && (rc = s3_part_next(x, &c, &number, &part)) == 1)
		rc = s3_content_forget(x, &part.content);
	store_scan_end(&c);
	return rc < 0 ? rc : s3_upload_delete(x, u);
}

int s3_uploads_abort_all(struct access *x, struct str bucket)
{
	struct store_cursor c;
	struct str key = STR_NULL, row = STR_NULL;
	struct upload u;
	int rc;

	/* One at a time: forgetting changes what a scan walks over. */
	do {
		rc = s3_upload_scan(x, bucket, STR(""), &c);
		if (rc == 0)
			rc = store_next(&c, &key, &row, &x->err);
		if (rc == 1 && (rc = s3_upload_decode(x, key, row, &u)) == 0)
			rc = 1;
		store_scan_end(&c);
		if (rc == 1 && s3_upload_forget(x, &u) < 0)
			rc = ERR_IO;
	} while (rc == 1);
	return rc;
}

int s3_abort_upload(struct call *call)
{
	const struct upload_input *in = call->input;
	struct access x = s3_access(call);
	struct bucket b;
	struct upload u;

	if (s3_upload_open(call, &x, in->upload_id, &b, &u) < 0)
		return ERR_SERVICE;
	return s3_upload_forget(&x, &u) < 0 ? s3_fault(call, &x) : 0;
}
