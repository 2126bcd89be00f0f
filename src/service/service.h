/* SPDX-License-Identifier: Apache-2.0
 *
 * What a local AWS service is: a table of operations, a table of errors, and a state; and what it may ask of the host it
 * runs in. Services include this header and never each other.
 *
 * The way of a request: bytes in -> service and operation found -> signature verified -> permission asked -> parameters bound to
 * the operation's struct -> run -> typed reply written -> (commit) -> bytes out. A call from one service to another takes the
 * same way from "permission asked" on, without a socket (host_call).
 *
 * An operation runs in one of three ways:
 *   OPERATION_READ   on the server's thread, with a read snapshot in call->txn
 *   OPERATION_WRITE  on the store's writer thread inside its own savepoint in call->txn; answered once the group is durable.
 *                    Must be short and must not block: prepare (parse, hash, compile) in `prepare`, which runs before, without
 * txn OPERATION_ASYNC  on the server's thread without txn; may answer at once, or return CALL_PENDING and call_complete later
 */
#ifndef GLEANER_SERVICE_SERVICE_H
#define GLEANER_SERVICE_SERVICE_H

#include "base/arena.h"
#include "base/buf.h"
#include "format/json.h"
#include "format/uri.h"
#include "format/writer.h"
#include "http/message.h"
#include "os/thread.h"
#include "service/bind.h"
#include "store/blob.h"
#include "store/store.h"

struct call;
struct host;
struct http_exchange;

enum protocol {
	PROTOCOL_JSON,      /* X-Amz-Target: prefix.Operation, JSON 1.0 or 1.1 */
	PROTOCOL_REST_JSON, /* method and path, JSON body */
	PROTOCOL_REST_XML,  /* method and path, XML body (S3) */
	PROTOCOL_QUERY,     /* Action=Operation in a form, XML answer */
};

enum operation_kind { OPERATION_READ, OPERATION_WRITE, OPERATION_ASYNC };

enum { CALL_PENDING = 1 };

/* 0: the reply is in call->out (or set by call_reply_*). Negative: call_fail has been called. CALL_PENDING: see above. */
typedef int (*operation_fn)(struct call *call);
/* The ARN that permission is asked for, in the call's arena; absent means "*". */
typedef struct str (*resource_fn)(struct call *call);

/* Something a call needs leave for. */
struct permission {
	struct str action, resource; /* "dynamodb:PutItem", an ARN */
};
/* All that a call needs leave for, when it is not one action on one resource: a list in the call's arena, and its count. An empty
 * list needs no leave. */
typedef size_t (*permissions_fn)(struct call *call, const struct permission **list);

struct operation {
	const char *name; /* AWS's name: "PutItem" */
	enum operation_kind kind;
	operation_fn run;
	operation_fn prepare;     /* optional; on the server's thread, after binding, before permission and `run` */
	const struct bind *input; /* optional: no parameters */
	size_t input_size;        /* sizeof the struct; call->input points to one, zeroed and bound */
	resource_fn resource;
	/* Optional: a permission that is looked up and not required; the answer is in call->may_probe. S3 tells a missing object
	 * from a forbidden one only to those who may list. */
	const char *probe_action;
	resource_fn probe_resource;
	permissions_fn permissions; /* optional, instead of `resource` and `action` */
	const char *action;         /* IAM action where it is not "<signing name>:<name>" */
	/* REST only */
	const char *method;
	const char *path;   /* "/2015-03-31/functions/{FunctionName}"; "{Key+}" takes slashes too */
	const char *query;  /* names that must be in the query: "uploadId&partNumber"; "name=value" also fits */
	const char *header; /* a header that must be there: "x-amz-copy-source" */
	int status;         /* of success; 0 is 200 */
	bool refused;       /* known by name only: `run` answers that it is not supported */
	bool anonymous;     /* may be called unsigned (AssumeRoleWithWebIdentity, CORS preflight) */
};

struct service_error {
	const char *name; /* wire code */
	int status;
	const char *message; /* default text */
};

/* A service keeps its errors in one list, prefixed with its name:
 *   #define S3_ERRORS(E, prefix) E(prefix, NoSuchKey, 404, "The specified key does not exist.") …
 *   S3_ERRORS(SERVICE_ERROR_EXTERN, s3)       in its internal header
 *   S3_ERRORS(SERVICE_ERROR_ROW, s3)          in one .c file
 * and answers with  return call_fail(call, &s3_NoSuchKey); */
#define SERVICE_ERROR_EXTERN(prefix, name, status, text) extern const struct service_error prefix##_##name;
#define SERVICE_ERROR_ROW(prefix, name, status, text) const struct service_error prefix##_##name = { #name, status, text };

/* For a JSON service whose older clients speak the Query protocol in forms of its own: flattened lists, other names. The
 * operation runs as for JSON; what comes and goes is put into words here. */
struct query_dialect {
	/* A form's parameters under JSON's names; in the call's arena. NULL: out of memory. */
	const struct json *(*parameters)(struct call *call, const struct json *form);
	/* The members of a JSON answer, into the result's element. */
	void (*answer)(struct call *call, struct writer *w, const struct json *answer);
	/* The code of an error, by its JSON name. */
	const char *(*code)(const char *name);
};

struct service {
	const char *name;         /* of the folder and of IAM actions: "s3", "dynamodb", "states", "events", "logs" */
	const char *signing_name; /* in credential scopes where it differs ("execute-api") */
	enum protocol protocol;
	const char *target_prefix;   /* JSON: "DynamoDB_20120810" */
	const char *json_version;    /* JSON: "1.0" or "1.1" */
	const char *error_prefix;    /* JSON: put before the code in __type: "com.amazonaws.dynamodb.v20120810#" */
	const char *error_text_name; /* JSON: member that carries an error's text; NULL: "message" */
	const char *api_version;     /* Query: "2010-05-08"; the XML namespace is xml_namespace */
	const char *xml_namespace;
	bool plain_answers;                     /* Query as EC2 speaks it: no Result element, and errors in a list */
	const struct query_dialect *dialect;    /* NULL: forms and answers are what JSON says */
	const struct service_error *validation; /* answered for bind faults; NULL: ValidationException 400 */
	const struct operation *operations;     /* ends with a row whose name is NULL */

	/* Life. `open` reads what it must from the store (no other service is up yet); `start` runs when all services are open
	 * and may call others (resume executions, deliver events); `stop` ends its own work: no call arrives after it; `close`
	 * frees. */
	int (*open)(struct host *host, void **state, struct error *err);
	int (*start)(void *state, struct error *err);
	void (*stop)(void *state);
	void (*close)(void *state);

	/* Optional. Answers bind faults in the service's own words; default: bind_faults_text under `validation`. */
	int (*refuse)(struct call *call, const struct bind_faults *faults);
	/* Optional, for permission checks. The policy attached to the resource (bucket, queue, topic, function) that `arn` names,
	 * as JSON text in the call's arena; absent when it has none. `txn` is a snapshot; any thread. */
	struct str (*resource_policy)(struct call *call, struct store_txn *txn, struct str arn);
	/* Optional. The values of one of the service's own condition keys ("dynamodb:LeadingKeys"), any case; they live in the
	 * call's arena. False: the request has none. Before `run`, without a transaction. Keys of s3 that are query parameters or
	 * headers of the request are found without it. */
	bool (*condition_list)(struct call *call, struct str key, const struct str **values, size_t *count);

	/* Optional. Takes a whole request that no operation's path fits (an API's own routes). Runs as OPERATION_ASYNC. */
	operation_fn fallback;
};

/* Who calls. Long-lived texts in the call's arena. */
enum principal_kind {
	PRINCIPAL_ANONYMOUS,
	PRINCIPAL_ROOT,
	PRINCIPAL_USER,
	PRINCIPAL_ROLE,
	PRINCIPAL_SERVICE,
	PRINCIPAL_FEDERATED_USER
};

struct principal {
	enum principal_kind kind;
	struct str
		arn; /* arn:aws:iam::…:root, …:user/x, arn:aws:sts::…:assumed-role/r/session; a service: "states.amazonaws.com" */
	struct str user_id;    /* AIDA…, AROA…:session, the account for root */
	struct str role_arn;   /* PRINCIPAL_ROLE: the role assumed; PRINCIPAL_FEDERATED_USER: the user or root who federated */
	struct str access_key; /* absent for internal calls */
	struct str session_policy; /* JSON: a policy or an array of policies; absent when none */
	struct str session_keys;   /* JSON object: condition keys that the session carries; absent when none */
	struct str source_arn;     /* PRINCIPAL_SERVICE, and roles used by one: the rule, state machine or API on whose behalf */
};

/* A request's body, complete and verified when the operation runs. */
struct call_body {
	struct str bytes;            /* in memory; absent when it went to a file */
	struct blob_writer *file;    /* S3 objects past LIMIT_REQUEST_BODY_MEMORY: already sealed; NULL when in memory */
	uint64_t size;               /* decoded */
	uint8_t md5[16], sha256[32]; /* of the decoded body; md5 only for S3 object uploads */
	/* S3: the checksum the client declared, verified: "CRC32" …, base64 value; absent when none. */
	struct str checksum_algorithm, checksum;
};

struct call_reply {
	int status; /* 0: the operation's own, or 200 */
	struct http_header headers[40];
	size_t header_count;
	struct buf body;  /* what call->out writes into */
	struct str bytes; /* used instead of `body` when set: in the call's arena */
	int fd;           /* used instead when not -1 */
	uint64_t fd_offset, fd_length;
	bool no_body; /* HEAD: Content-Length is head_length */
	uint64_t head_length;
	struct str content_type; /* absent: the protocol's */
};

struct call {
	struct arena arena;
	struct host *host;
	const struct service *service;
	void *state; /* the service's */
	const struct operation *operation;
	enum protocol protocol; /* the service's, or the other one it also offers (both target_prefix and xml_namespace set) */
	struct principal principal;
	bool may_probe; /* the answer to operation->probe_action; true where nothing is enforced */
	char request_id[37];
	const struct json *parameters; /* the object that was bound */
	void *input;                   /* the operation's struct */
	struct call_body body;
	struct store_txn *txn;
	struct writer out; /* JSON and Query replies: the root object is opened and closed around `run` */
	struct call_reply reply;
	struct error error;
	const char *error_fields[8][2]; /* name, value: extra members of the error's body ("Key", …); NULL ends */
	void *scratch;                  /* the service's own, from `prepare` to `run` */
	/* From HTTP; absent for internal calls. */
	struct str method, path, query_text, host_name, remote;
	struct uri_query query;
	const struct http_header *headers;
	size_t header_count;
	struct http_exchange *exchange;
	/* The caller's side of an internal call. */
	void (*done)(struct call *call, void *argument);
	void *done_argument;
};

/* ---- for operations ---- */

int call_fail(struct call *call, const struct service_error *error);
int call_failf(struct call *call, const struct service_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a member to the error's body (S3's <Key>, DynamoDB's Item …); `value` in the call's arena. Call after call_fail. */
void call_error_field(struct call *call, const char *name, const char *value);
/* A fault of ours (store, memory): logged; answered 500 or 503 in the protocol's words. Returns negative. */
int call_fault(struct call *call, const struct error *err);

/* A header of the request, absent when none or internal. */
struct str call_header(const struct call *call, struct str name);
void call_reply_header(struct call *call, const char *name, struct str value);
void call_reply_headerf(struct call *call, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The whole body as bytes (in the call's arena) instead of what `out` wrote. */
void call_reply_bytes(struct call *call, struct str bytes, struct str content_type);
void call_reply_file(struct call *call, int fd, uint64_t offset, uint64_t length, struct str content_type);

/* Ends a pending call, from any thread: after this the call must not be touched. `result` as an operation returns it. */
void call_complete(struct call *call, int result);
/* For OPERATION_ASYNC: goes on as a write operation: `run` on the writer thread with call->txn, answered after the commit unless
 * it returns CALL_PENDING. Returns CALL_PENDING, or negative with the error set. */
int call_continue_write(struct call *call, operation_fn run);
/* The same with a read snapshot, on the calling thread; returns what `run` returns. */
int call_with_read(struct call *call, operation_fn run);

/* ---- what a service may ask of the host ---- */

struct str host_region(const struct host *host);   /* "us-east-1" */
struct str host_account(const struct host *host);  /* "000000000000" */
struct str host_endpoint(const struct host *host); /* "http://127.0.0.1:4566" */
const char *host_data_folder(const struct host *host);
struct store *host_store(struct host *host);
struct timer *host_timer(struct host *host);
struct pool *host_pool(struct host *host); /* long work: text detection, process start, file syncs */
bool host_stopping(const struct host *host);
/* A setting of the command line ("sandbox", "text-engine"), NULL when not given. */
const char *host_setting(const struct host *host, const char *name);

struct host_request {
	const char *service;           /* "lambda" */
	const char *operation;         /* "Invoke" */
	struct principal principal;    /* on whose behalf; copied */
	const struct json *parameters; /* by AWS's member names; copied */
	struct str body;               /* the payload member of REST operations; copied */
};

/* Starts a call to another service; `done` runs once, on any thread, possibly before this returns. In it read
 * done_call->error.code (0: success), reply (bytes or body via call_reply_text, or fd). The call is freed after `done`.
 * Never from inside a write function: queue it with store_after_commit. ERR_UNAVAILABLE, ERR_NO_MEMORY: `done` never runs. */
int host_call(struct host *host, const struct host_request *request, void (*done)(struct call *done_call, void *argument),
	      void *argument) MUST_CHECK;
/* The reply's body, whether written or given as bytes; for `done`. */
struct str call_reply_text(const struct call *call);

/* Publishes an event inside the caller's transaction: matched to rules and queued durably with it; delivered after the
 * commit. `event` is a full EventBridge event without id and time ("source", "detail-type", "resources", "detail"). */
int host_put_event(struct host *host, struct store_txn *txn, const struct json *event, struct error *err) MUST_CHECK;

/* Temporary credentials for a role used by a service (functions, executions, rules, APIs) on behalf of the resource `source_arn`
 * (aws:SourceArn in the role's trust; may be absent). Durable, expiring. `done` on any
 * thread. */
struct host_credentials {
	struct str access_key, secret_key, session_token;
	int64_t expires_ms;
};
typedef void (*host_credentials_fn)(void *argument, const struct host_credentials *credentials, const struct error *err);
int host_assume_role(struct host *host, struct str role_arn, struct str session_name, struct str service_principal,
		     struct str source_arn, int64_t duration_s, host_credentials_fn done, void *argument) MUST_CHECK;
/* Temporary credentials for that very principal (its access_key is ignored); durable before `done` runs. */
int host_new_session(struct host *h, const struct principal *principal, int64_t duration_s, host_credentials_fn done,
		     void *argument) MUST_CHECK;
/* Inside a write: makes a long-lived access key (principal->access_key) known, or unknown, to the signature check after the
 * commit. */
int host_put_access_key(struct host *host, struct store_txn *txn, const struct principal *principal, struct str secret_key,
			struct error *err) MUST_CHECK;
int host_delete_access_key(struct host *host, struct store_txn *txn, struct str access_key, struct error *err) MUST_CHECK;
/* The principal such a session has, without making credentials: for calls a service makes in its role's name. */
int host_role_principal(struct host *host, struct arena *a, struct str role_arn, struct str session_name, struct str source_arn,
			struct principal *out, struct error *err) MUST_CHECK;
/* A web identity at the door of STS: what IAM knows of its issuer, and what its token says. Texts in the call's arena. */
struct host_web_identity {
	struct str provider_arn, url;       /* "arn:aws:iam::…:oidc-provider/host/path", "host/path" */
	const struct json *client_ids;      /* a list of texts */
	const struct json *claims;          /* of the verified token; then what it asks for: */
	const struct json *tags;            /* {name: value} that the session is to have; NULL: none */
	const struct json *transitive_keys; /* of these tags; NULL: none */
	struct str source_identity;
};
/* The account's provider for the issuer "https://…"; fills what IAM knows. ERR_NOT_FOUND. */
int host_find_provider(struct host *host, struct arena *a, struct str issuer, struct host_web_identity *out) MUST_CHECK;
/* Does the role's trust policy allow the action ("sts:AssumeRoleWithWebIdentity") to it, in this call? 0, ERR_NOT_FOUND (no such
 * role), ERR_DENIED. */
int host_may_assume_by_claims(struct call *call, const struct host_web_identity *who, struct str action,
			      struct str role_arn) MUST_CHECK;
/* The longest session of that role, in seconds; what AWS gives when the role is not known. */
int64_t host_role_session_max(struct host *host, struct str role_arn);
/* The document of a managed policy; ERR_NOT_FOUND. */
int host_policy_document(struct host *host, struct arena *a, struct str policy_arn, struct str *out) MUST_CHECK;
/* Whether the call's principal, or any other outside a call, may do that too. A refusal is logged as any; nothing is answered.
 * Costs what a permission check costs: some microseconds. Never with a transaction open. */
bool call_may(struct call *call, struct str action, struct str resource);
bool host_may(struct host *host, const struct principal *principal, struct str action, struct str resource);
/* The policy attached to the resource, of the service that actions with that prefix ("s3") belong to; absent when it has none. */
struct str host_resource_policy(struct host *host, struct arena *a, struct str action_prefix, struct str arn);
/* A service as itself ("s3.amazonaws.com" delivering to a queue), judged by resource policies. */
void host_service_principal(struct principal *out, struct str service_principal, struct str source_arn);
/* The host's own doing (provisioning, its own logs): may do all. */
void host_root_principal(const struct host *host, struct principal *out);

/* Lines for a log stream; group and stream are made when absent. Queued and written in batches; never blocks, drops with a
 * counter past its limit. `timestamps` in ms. */
void host_log(struct host *host, struct str group, struct str stream, int64_t timestamp_ms, struct str line);
/* The same, but a line past the limit is left to the caller: false, try again in a few ms. */
bool host_log_try(struct host *host, struct str group, struct str stream, int64_t timestamp_ms, struct str line) MUST_CHECK;

/* A measurement for CloudWatch ("AWS/States", "ExecutionsFailed", dimension name and value). Kept in memory per minute; cheap. */
void host_metric(struct host *host, const char *name_space, const char *metric, const char *dimension, struct str value,
		 double amount);

#endif
