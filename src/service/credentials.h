/* SPDX-License-Identifier: Apache-2.0
 *
 * Access keys: root's, users', and the temporary ones of role sessions. Kept in the store, and in memory for the signature
 * check of every request. Safe from any thread.
 */
#ifndef GLEANER_SERVICE_CREDENTIALS_H
#define GLEANER_SERVICE_CREDENTIALS_H

#include "service/service.h"

struct credentials;

enum { CREDENTIAL_SIZE_MAX = 512 * 1024 }; /* in memory, with its session policies */

struct credential {
	struct str secret_key, session_token; /* token absent for long-lived keys */
	struct principal principal;           /* access_key included */
	int64_t expires_ms;                   /* 0: never */
};

/* Its texts copied into the arena; `from` may be `to`. */
void principal_copy(struct arena *a, const struct principal *from, struct principal *to);

/* Reads what is stored. */
int credentials_open(struct credentials **out, struct store *store, struct error *err) MUST_CHECK;
void credentials_close(struct credentials *c);

/* Copies into the arena. ERR_NOT_FOUND, ERR_NO_MEMORY. Expired ones are found too, for an hour. */
int credentials_find(struct credentials *c, struct str access_key, struct arena *a, struct credential *out) MUST_CHECK;

/* Inside a write: stores it and shows it to credentials_find after the commit. */
int credentials_put(struct credentials *c, struct store_txn *txn, const struct credential *credential,
		    struct error *err) MUST_CHECK;
int credentials_delete(struct credentials *c, struct store_txn *txn, struct str access_key, struct error *err) MUST_CHECK;
/* Inside a write: forgets what has expired. */
int credentials_sweep(struct credentials *c, struct store_txn *txn, int64_t now_ms, struct error *err) MUST_CHECK;

/* New key texts: 20 characters after AWS's prefix ("AKIA", "ASIA"), a 40-character secret, and a session token. */
int credential_new(struct arena *a, const char *prefix, bool session, struct credential *out) MUST_CHECK;

#endif
