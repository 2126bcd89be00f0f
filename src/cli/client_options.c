/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client_options.h"

#include <getopt.h>

int client_options_read(struct client_options *o, int argc, char **argv)
{
	enum { ENDPOINT = 256, API, PROFILE, REGION, JSON, WAIT, OUT, STATUS, LIMIT, TIMEOUT, HELP };
	static const struct option options[] = {
		{ "endpoint", required_argument, NULL, ENDPOINT },
		{ "api", required_argument, NULL, API },
		{ "profile", required_argument, NULL, PROFILE },
		{ "region", required_argument, NULL, REGION },
		{ "json", no_argument, NULL, JSON },
		{ "wait", no_argument, NULL, WAIT },
		{ "out", required_argument, NULL, OUT },
		{ "status", required_argument, NULL, STATUS },
		{ "limit", required_argument, NULL, LIMIT },
		{ "timeout", required_argument, NULL, TIMEOUT },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	const char **const texts[] = {
		[ENDPOINT - 256] = &o->api.endpoint, [API - 256] = &o->api.api,    [PROFILE - 256] = &o->api.profile,
		[REGION - 256] = &o->api.region,     [OUT - 256] = &o->out,        [STATUS - 256] = &o->status,
		[LIMIT - 256] = &o->limit,           [TIMEOUT - 256] = &o->timeout
	};
	bool *const flags[] = { [JSON - 256] = &o->json, [WAIT - 256] = &o->wait, [HELP - 256] = &o->help };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (optarg)
			*texts[option - 256] = optarg;
		else
			*flags[option - 256] = true;
	}
	return 0;
}

int client_report(const char *command, const struct error *err)
{
	if (err->code == ERR_SERVICE)
		fprintf(stderr, "gleaner %s: %s: %s\n", command, err->name, err->message);
	else
		fprintf(stderr, "gleaner %s: %s\n", command, err->message);
	return err->code == ERR_IO || err->code == ERR_TIMEOUT ? EXIT_NO_SERVER : EXIT_FAILED;
}
