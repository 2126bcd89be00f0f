/* SPDX-License-Identifier: Apache-2.0
 *
 * Long-lived access keys: iam makes them, the host's credentials know them.
 */
#include "service/host_internal.h"

int host_put_access_key(struct host *h, struct store_txn *txn, const struct principal *principal, struct str secret_key,
			struct error *err)
{
	const struct credential credential = { .secret_key = secret_key, .principal = *principal };

	return credentials_put(h->credentials, txn, &credential, err);
}

int host_delete_access_key(struct host *h, struct store_txn *txn, struct str access_key, struct error *err)
{
	return credentials_delete(h->credentials, txn, access_key, err);
}
