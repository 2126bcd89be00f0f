/* SPDX-License-Identifier: Apache-2.0
 *
 * The published keys of token issuers (OpenID Connect Discovery 1.0, RFC 7517), for JWT authorizers and web identities. Kept for
 * two hours, asked for again when a token names a key that is not among them. Safe from any thread.
 *
 * Issuers are asked over https, checked with the machine's certificates or those of the setting "ca-file"; plain http is for
 * issuers on this machine. The setting "oidc-keys" ("ISSUER=URL-or-file", several separated by blanks) says where the keys of an
 * issuer are when not at the issuer: an issuer of the internet is stood in for by a file.
 */
#ifndef GLEANER_SERVICE_KEY_SETS_H
#define GLEANER_SERVICE_KEY_SETS_H

#include "format/json.h"

struct host;
struct key_sets;

int key_sets_new(struct key_sets **out, const struct host *host, struct error *err) MUST_CHECK;
void key_sets_free(struct key_sets *k);
/* Whether a token of that issuer with that key id (absent: any key) can be judged without asking the issuer. */
bool key_sets_have(struct key_sets *k, struct str issuer, struct str key_id);
/* Asks the issuer; blocks. ERR_IO and ERR_TIMEOUT when it cannot be reached, others when its answer is of no use. */
int key_sets_fetch(struct key_sets *k, struct str issuer, struct error *err) MUST_CHECK;
/* That key, copied into the arena: another thread may replace the set. NULL when there is none. */
const struct json *key_sets_copy_key(struct key_sets *k, struct arena *a, struct str issuer, struct str key_id);

#endif
