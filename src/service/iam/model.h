/* SPDX-License-Identifier: Apache-2.0
 *
 * What IAM keeps: one JSON document an entity in SPACE_IAM, in the words of the API.
 *
 *   ("role", name)   RoleName Path RoleId Arn CreateDate(ms) AssumeRolePolicyDocument Description MaxSessionDuration
 * PermissionsBoundary Tags{} Policies{name: document} Attached[arn]
 *   ("user", name)   UserName Path UserId Arn CreateDate PermissionsBoundary Tags{} Policies{} Attached[] AccessKeys[{AccessKeyId
 * Secret Status CreateDate}]
 *   ("policy", arn)  PolicyName PolicyId Path Arn Description CreateDate UpdateDate DefaultVersionId LastVersion
 * Versions[{VersionId Document CreateDate}] Tags{}
 *   ("group", name)  GroupName Path GroupId Arn CreateDate Policies{} Attached[]; a user's document lists its Groups[name]
 *   ("profile", name)  InstanceProfileName Path InstanceProfileId Arn CreateDate Role Tags{}
 *   ("account", "alias" | "password")  AccountAlias; the password policy
 *   ("oidc", arn)    Arn Url CreateDate ClientIDList[] ThumbprintList[] Tags{}
 *
 * Names are told apart regardless of case: keys hold them in lower case. Each change moves `revision` on after its commit, which
 * empties the cache of compiled policies (grants.h).
 */
#ifndef GLEANER_SERVICE_IAM_MODEL_H
#define GLEANER_SERVICE_IAM_MODEL_H

#include <stdatomic.h>

#include "service/iam/errors.h"

struct grants;

/* The service's state. */
struct iam {
	struct host *host;
	_Atomic uint64_t revision;
	struct grants *grants;
};

enum {
	POLICY_VERSIONS_MAX = 5,
	ATTACHED_MAX = 10,
	ACCESS_KEYS_MAX = 2,
	POLICY_SIZE_MAX = 6144, /* a managed policy's, without blanks */
	TRUST_SIZE_MAX = 4096,
	ROLE_SESSION_DEFAULT_S = 3600,
	PAGE_DEFAULT = 100,
	PAGE_MAX = 1000,
};

/* Roles, users and groups, as far as they are alike. */
struct entity_kind {
	const char *noun;        /* "role": of the key, the ARN and sentences */
	const char *title;       /* "Role" */
	const char *name_member; /* "RoleName" */
	const char *id_member;   /* "RoleId" */
	const char *id_prefix;   /* "AROA" */
	size_t inline_size_max;  /* all inline policies together, without blanks */
	const char *quota;       /* "PoliciesPerRole" */
};

extern const struct entity_kind role_kind, user_kind, group_kind;

/* The parameters of all operations; each operation's bind table names its own. */
struct iam_input {
	struct str name, policy_name, policy_arn, document, path, path_prefix, description, boundary, marker, version_id, scope,
		usage, access_key, status, url, arn, client_id;
	struct opt_i64 max_items, max_session;
	struct opt_bool set_default, only_attached;
	const struct json *tags, *tag_keys, *client_ids, *thumbprints, *actions, *resources, *policies, *boundaries, *context;
	struct str resource_policy, caller, user, profile, new_name, new_path, suffix, service_name, alias, task;
	struct opt_bool symbols, numbers, upper, lower, may_change, hard_expiry;
	struct opt_i64 length, password_age, reuse;
};

/* ---- store.c ---- */

/* Finds the entity the call names. 0, or negative with NoSuchEntity answered. */
int entity_require(struct call *call, const struct entity_kind *kind, struct str name, const struct json **out) MUST_CHECK;
bool entity_exists(struct call *call, const struct entity_kind *kind, struct str name);
int entity_put(struct call *call, const struct entity_kind *kind, const struct json *entity) MUST_CHECK;
int entity_delete(struct call *call, const struct entity_kind *kind, struct str name) MUST_CHECK;

/* Documents by their ARN: "policy", "oidc". *out is NULL (and 0 returned) when there is none. */
int arn_find(struct call *call, const char *space, struct str arn, const struct json **out) MUST_CHECK;
int arn_put(struct call *call, const char *space, struct str arn, const struct json *document) MUST_CHECK;
int arn_delete(struct call *call, const char *space, struct str arn) MUST_CHECK;

/* Calls `each` for every document of that space in order of key until it answers false. */
int documents_each(struct call *call, const char *space, bool (*each)(void *argument, const struct json *document),
		   void *argument) MUST_CHECK;

/* The same reads outside a call: for decisions. *out NULL when there is none. */
int model_read_entity(struct iam *iam, struct store_txn *txn, struct arena *a, const struct entity_kind *kind, struct str name,
		      const struct json **out) MUST_CHECK;
int model_read_arn(struct iam *iam, struct store_txn *txn, struct arena *a, const char *space, struct str arn,
		   const struct json **out) MUST_CHECK;
/* The document of a policy's default version, customer's or AWS's; absent when there is no such policy. */
int model_read_policy(struct iam *iam, struct store_txn *txn, struct arena *a, struct str arn, struct str *document) MUST_CHECK;

/* ---- shared by operations ---- */

struct str entity_arn(const struct host *host, struct arena *a, const char *noun, struct str path, struct str name);
/* 21 characters, as AWS's unique identifiers. */
struct str new_id(struct arena *a, const char *prefix);
/* The name of "arn:aws:iam::1:role/path/name". */
struct str arn_last_name(struct str arn);
/* Length without blanks, as quotas on policies count. */
size_t document_size(struct str document);

/* Pages of a list: `index` runs over all, rows in [start, end) are written. */
struct page {
	int64_t start, end, index;
	bool more;
};

int page_begin(struct call *call, struct page *page) MUST_CHECK; /* reads Marker and MaxItems */
bool page_takes(struct page *page);                              /* advances */
void page_write(struct call *call, const struct page *page);     /* IsTruncated, Marker */

/* Writing. */
void write_document(struct writer *w, const char *name, struct str document); /* percent-encoded */
void write_tags(struct call *call, const struct json *entity);
void write_role(struct call *call, const char *name, const struct json *role, bool whole);
void write_user(struct call *call, const char *name, const struct json *user, bool whole);
void write_boundary(struct writer *w, const struct json *entity);

/* A changed copy under construction; NULL when memory is out. */
struct json *copy_without(struct arena *a, const struct json *object, struct str member);
void put_text(struct arena *a, struct json *object, const char *member, struct str text);
int64_t get_i64(const struct json *object, const char *member);

#endif
