/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner explain-access: what IAM decides, and by which statement: of policies given in a file, or of a running server's.
 */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/client.h"
#include "aws/reply.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/profile.h"
#include "format/uri.h"
#include "os/file.h"
#include "policy/policy.h"

enum { REQUEST_MAX = 4 * 1024 * 1024, CONTEXT_MAX = 100 };

static const char help[] =
	"usage: gleaner explain-access --request FILE\n"
	"       gleaner explain-access --principal ARN --action ACTION --resource ARN [--context KEY=VALUE]…\n\n"
	"Prints {\"decision\":\"allowed|explicitDeny|implicitDeny\",\"statement\":…,\"source\":…,\"reason\":…}.\n\n"
	"With --request, without a server. FILE (- for standard input) is a JSON object: identity_policies[], resource_policy,\n"
	"permission_boundary, session_policies[], principal, action, resource, context{}.\n\n"
	"With --principal, of the policies that a running server has; the answer tells too where the statement stands.\n"
	"  --context KEY=VALUE   a condition key of the request; several of one key are its values\n"
	"  --endpoint URL        default: AWS_ENDPOINT_URL or http://127.0.0.1:4566\n"
	"  --profile NAME        sign with these credentials (default: the environment's, else the profile default)\n"
	"  --region REGION       for signing\n";

struct explain {
	struct arena arena;
	const char *request, *principal, *action, *resource, *endpoint, *profile, *region;
	const char *context[CONTEXT_MAX];
	size_t context_count;
};

/* ---- of a file ---- */

static int explain_file(struct explain *e, struct str *out, struct error *err)
{
	struct arena *a = &e->arena;
	struct str content;
	const struct json *request, *answer;
	bool input = str_eq(str_c(e->request), STR("-"));
	int result = input ? fd_read_all(a, STDIN_FILENO, "standard input", REQUEST_MAX, &content, err)
			   : file_read(a, e->request, REQUEST_MAX, &content, err);

	if (!result)
		result = json_parse(a, content, &request, err);
	if (!result)
		result = policy_explain(a, request, &answer, err);
	if (!result)
		*out = json_to_str(a, answer);
	return result;
}

/* ---- of a server ---- */

static void add_field(struct buf *form, const char *name, struct str value)
{
	buf_add_str(form, str_c(name));
	buf_add_char(form, '=');
	uri_encode(form, value, false);
	buf_add_char(form, '&');
}

static struct str key_of(const char *pair)
{
	struct str rest = str_c(pair);

	return str_split(&rest, '=');
}

static struct str value_of(const char *pair)
{
	struct str rest = str_c(pair);

	(void)str_split(&rest, '=');
	return rest;
}

static bool is_first_of_its_key(const struct explain *e, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq_nocase(key_of(e->context[k]), key_of(e->context[i])))
			return false;
	return true;
}

/* ContextEntries.member.N.ContextKeyValues.member.M */
static void add_context(struct explain *e, struct buf *form)
{
	char name[96];
	int entry = 0;

	for (size_t i = 0; i < e->context_count; i++) {
		int value = 0;
		if (!is_first_of_its_key(e, i))
			continue;
		snprintf(name, sizeof(name), "ContextEntries.member.%d.ContextKeyName", ++entry);
		add_field(form, name, key_of(e->context[i]));
		for (size_t k = i; k < e->context_count; k++) {
			if (!str_eq_nocase(key_of(e->context[k]), key_of(e->context[i])))
				continue;
			snprintf(name, sizeof(name), "ContextEntries.member.%d.ContextKeyValues.member.%d", entry, ++value);
			add_field(form, name, value_of(e->context[k]));
		}
	}
}

static int ask(struct explain *e, struct aws_client *client, struct str *out, struct error *err)
{
	static const struct http_header headers[] = { { { "Content-Type", 12 }, { "application/x-www-form-urlencoded", 33 } } };
	struct aws_request request = { .service = AWS_IAM,
				       .method = STR("POST"),
				       .path = STR("/"),
				       .headers = headers,
				       .header_count = 1,
				       .max_reply = REQUEST_MAX };
	struct aws_reply reply;
	struct buf form;

	buf_init(&form, REQUEST_MAX);
	add_field(&form, "Action", STR("ExplainAccess"));
	add_field(&form, "PrincipalArn", str_c(e->principal));
	add_field(&form, "ActionName", str_c(e->action));
	add_field(&form, "ResourceArn", str_c(e->resource));
	add_context(e, &form);
	add_field(&form, "Version", STR("2010-05-08"));
	request.body = arena_str(&e->arena, buf_str(&form));
	buf_release(&form);
	int result = aws_send(client, &e->arena, &request, &reply, err);
	if (!result)
		*out = xml_scan_text(&e->arena, reply.body, "Explanation");
	return result || out->p ? result : error_set(err, ERR_CORRUPT, "the answer is no gleaner server's");
}

static int explain_server(struct explain *e, struct str *out, struct error *err)
{
	const char *endpoint = e->endpoint ? e->endpoint : getenv("AWS_ENDPOINT_URL");
	struct aws_client_options options = {
		.endpoint = endpoint && *endpoint ? str_c(endpoint) : STR("http://127.0.0.1:4566"),
		.ca_file = getenv("SSL_CERT_FILE"),
	};
	struct aws_client *client;
	int result = profile_load(&e->arena, e->profile, &options.credentials, &options.region, err);

	if (e->region)
		options.region = str_c(e->region);
	if (!options.region.p)
		options.region = STR("us-east-1");
	if (!result)
		result = aws_client_new(&client, &options, err);
	if (result)
		return result;
	result = ask(e, client, out, err);
	aws_client_free(client);
	return result;
}

/* ---- the command ---- */

static int read_options(struct explain *e, int argc, char **argv)
{
	enum { REQUEST = 256, PRINCIPAL, ACTION, RESOURCE, ENDPOINT, PROFILE, REGION, CONTEXT, HELP };
	static const struct option options[] = { { "request", required_argument, NULL, REQUEST },
						 { "principal", required_argument, NULL, PRINCIPAL },
						 { "action", required_argument, NULL, ACTION },
						 { "resource", required_argument, NULL, RESOURCE },
						 { "endpoint", required_argument, NULL, ENDPOINT },
						 { "profile", required_argument, NULL, PROFILE },
						 { "region", required_argument, NULL, REGION },
						 { "context", required_argument, NULL, CONTEXT },
						 { "help", no_argument, NULL, HELP },
						 { 0 } };
	const char **const texts[] = {
		&e->request, &e->principal, &e->action, &e->resource, &e->endpoint, &e->profile, &e->region
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == HELP) {
			fputs(help, stdout);
			return EXIT_OK + 1;
		}
		if (option == '?' || (option == CONTEXT && (e->context_count == CONTEXT_MAX || !strchr(optarg, '='))))
			return EXIT_USAGE + 1;
		if (option == CONTEXT)
			e->context[e->context_count++] = optarg;
		else
			*texts[option - REQUEST] = optarg;
	}
	bool server = e->principal && e->action && e->resource;
	if (optind < argc || server == (e->request != NULL)) {
		fputs(help, stderr);
		return EXIT_USAGE + 1;
	}
	return 0;
}

int cmd_explain_access(int argc, char **argv)
{
	struct explain e = { 0 };
	struct error err = { 0 };
	struct str answer = STR_NULL;
	int result = read_options(&e, argc, argv);

	if (result)
		return result - 1;
	arena_init(&e.arena, MIB(64));
	result = e.request ? explain_file(&e, &answer, &err) : explain_server(&e, &answer, &err);
	if (!result)
		printf(STR_FMT "\n", STR_ARG(answer));
	else
		fprintf(stderr, "gleaner explain-access: %s\n", err.message);
	arena_release(&e.arena);
	return !result ? EXIT_OK : err.code == ERR_IO || err.code == ERR_TIMEOUT ? EXIT_NO_SERVER : EXIT_FAILED;
}
