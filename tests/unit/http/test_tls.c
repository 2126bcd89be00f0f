/* SPDX-License-Identifier: Apache-2.0
 *
 * https: what is trusted and what is not. Certificates are made here, by an authority of the test's own, and served by a thread.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "http/client.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/thread.h"
#include "peer.h"

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
};

/* How a certificate is made. */
struct recipe {
	const char *names;             /* subjectAltName */
	long from, until;              /* seconds from now */
	const struct identity *issuer; /* NULL: signed by itself */
	bool authority;
};

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static struct identity make(struct recipe r)
{
	static long serial = 1;
	struct identity id = { EVP_EC_gen("P-256"), X509_new() };
	X509_NAME *subject = X509_get_subject_name(id.certificate);

	X509_set_version(id.certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id.certificate), r.from);
	X509_gmtime_adj(X509_getm_notAfter(id.certificate), r.until);
	X509_set_pubkey(id.certificate, id.key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)(r.authority ? "Test authority" : "test"),
				   -1, -1, 0);
	X509_set_issuer_name(id.certificate, r.issuer ? X509_get_subject_name(r.issuer->certificate) : subject);
	add_extension(id.certificate, NID_basic_constraints, r.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (r.names)
		add_extension(id.certificate, NID_subject_alt_name, r.names);
	assert_true(X509_sign(id.certificate, r.issuer ? r.issuer->key : id.key, EVP_sha256()) > 0);
	return id;
}

static void release(struct identity id)
{
	EVP_PKEY_free(id.key);
	X509_free(id.certificate);
}

struct fixture {
	struct identity authority, stranger;
	char ca_file[64];
	int listener;
	uint16_t port;
	struct arena arena;
	struct http_client *client;
	struct http_client_response response;
	struct error err;

	/* The server thread. */
	pthread_t thread;
	struct identity identity;
	const char *replies[3]; /* one a request; all on one connection */
	bool cut;               /* ends without TLS's goodbye */
	bool plain;             /* speaks no TLS */
	int newest;             /* protocol; 0: any */
	char server_name[64];   /* what the client asked for (SNI) */
};

static void answer_requests(struct fixture *f, SSL *ssl)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	char request[4096];

	snprintf(f->server_name, sizeof(f->server_name), "%s", name ? name : "");
	for (size_t i = 0; i < 3 && f->replies[i]; i++) {
		if (SSL_read(ssl, request, sizeof(request)) <= 0)
			return;
		SSL_write(ssl, f->replies[i], (int)strlen(f->replies[i]));
	}
	if (!f->cut)
		SSL_shutdown(ssl);
}

static void serve(void *argument)
{
	struct fixture *f = argument;
	int fd = peer_accept(f->listener);
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	SSL_CTX_set_security_level(context, 0); /* so that it would speak the old ones */
	SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(context, f->newest);
	ssl = SSL_new(context);
	if (f->plain) {
		peer_send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	} else {
		SSL_use_certificate(ssl, f->identity.certificate);
		SSL_use_PrivateKey(ssl, f->identity.key);
		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1)
			answer_requests(f, ssl);
	}
	close(fd);
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static int set_up(void **state)
{
	const struct http_client_options options = { .connect_timeout_ms = 2000, .io_timeout_ms = 2000 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct http_client_options with_file = options;
	int fd;
	FILE *file;

	signal(SIGPIPE, SIG_IGN); /* OpenSSL's own sockets, on the server's side */
	f->authority = make((struct recipe){ .from = -3600, .until = 3600, .authority = true });
	f->stranger = make((struct recipe){ .from = -3600, .until = 3600, .authority = true });
	snprintf(f->ca_file, sizeof(f->ca_file), "/tmp/gleaner-test-XXXXXX");
	fd = mkstemp(f->ca_file);
	file = fdopen(fd, "w");
	PEM_write_X509(file, f->authority.certificate);
	fclose(file);
	with_file.ca_file = f->ca_file;
	f->listener = peer_listen("127.0.0.1", &f->port);
	arena_init(&f->arena, 1 << 20);
	f->replies[0] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	*state = f;
	return http_client_new(&f->client, &with_file, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_client_free(f->client);
	arena_release(&f->arena);
	unlink(f->ca_file);
	close(f->listener);
	release(f->authority);
	release(f->stranger);
	free(f);
	return 0;
}

static int send_to(struct fixture *f, const char *host)
{
	char url[100];
	struct http_client_request q = { .method = STR("GET") };

	snprintf(url, sizeof(url), "https://%s:%u/", host, f->port);
	q.url = str_c(url);
	f->err = (struct error){ 0 };
	return http_client_send(f->client, &f->arena, &q, 1000, &f->response, &f->err);
}

/* One connection to a server with a certificate of this recipe. */
static int ask(struct fixture *f, const char *host, struct recipe recipe)
{
	int code;

	f->identity = make(recipe);
	assert_int_equal(thread_start(&f->thread, "server", serve, f, NULL), 0);
	code = send_to(f, host);
	pthread_join(f->thread, NULL);
	release(f->identity);
	return code;
}

static struct recipe good(struct fixture *f)
{
	return (struct recipe){ "DNS:localhost,DNS:*.s3.localhost,IP:127.0.0.1", -60, 3600, &f->authority, false };
}

static void the_right_certificate_is_accepted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "localhost", good(f)), 0);
	assert_true(str_eq_c(f->response.body, "ok"));
	assert_string_equal(f->server_name, "localhost");
	assert_int_equal(ask(f, "127.0.0.1", good(f)), 0);
	assert_string_equal(f->server_name, ""); /* RFC 6066: no addresses in SNI */
	assert_int_equal(ask(f, "bucket.s3.localhost", good(f)), 0);
}

static void connections_are_kept(void **state)
{
	struct fixture *f = *state;

	f->replies[1] = f->replies[0];
	f->identity = make(good(f));
	assert_int_equal(thread_start(&f->thread, "server", serve, f, NULL), 0);
	assert_int_equal(send_to(f, "localhost"), 0);
	clock_sleep_ms(20); /* session tickets have come meanwhile: they do not make it look stale */
	assert_int_equal(send_to(f, "localhost"), 0);
	pthread_join(f->thread, NULL);
	release(f->identity);
	clock_sleep_ms(20);
	assert_int_equal(send_to(f, "localhost"), ERR_TIMEOUT); /* closed by the server: a new one, which nobody accepts */
}

static void wrong_certificates_are_refused(void **state)
{
	struct fixture *f = *state;
	struct recipe expired = good(f), early = good(f), other = good(f), untrusted = good(f), alone = good(f);
	struct recipe address = good(f), wildcard = good(f);

	expired.from = -7200;
	expired.until = -60;
	early.from = 600;
	other.names = "DNS:example.com";
	untrusted.issuer = &f->stranger;
	alone.issuer = NULL;
	address.names = "IP:127.0.0.2";
	wildcard.names = "DNS:*.localhost";
	assert_int_equal(ask(f, "localhost", expired), ERR_DENIED);
	assert_non_null(strstr(f->err.message, "expired"));
	assert_int_equal(ask(f, "localhost", early), ERR_DENIED);
	assert_int_equal(ask(f, "localhost", other), ERR_DENIED);
	assert_non_null(strstr(f->err.message, "ostname mismatch"));
	assert_int_equal(ask(f, "localhost", untrusted), ERR_DENIED);
	assert_int_equal(ask(f, "localhost", alone), ERR_DENIED);
	assert_non_null(strstr(f->err.message, "self"));
	assert_int_equal(ask(f, "127.0.0.1", address), ERR_DENIED);
	assert_int_equal(ask(f, "a.b.localhost", wildcard), ERR_DENIED);
}

static void broken_peers_are_errors(void **state)
{
	struct fixture *f = *state;

	f->plain = true;
	assert_int_equal(ask(f, "localhost", good(f)), ERR_IO);
	f->plain = false;
	/* Without a length, only TLS's own goodbye tells the end from an attacker's cut. */
	f->replies[0] = "HTTP/1.1 200 OK\r\n\r\nto the end";
	assert_int_equal(ask(f, "localhost", good(f)), 0);
	assert_true(str_eq_c(f->response.body, "to the end"));
	f->cut = true;
	assert_int_equal(ask(f, "localhost", good(f)), ERR_IO);
}

static void trusted_certificates_must_be_there(void **state)
{
	struct fixture *f = *state;
	struct http_client_options options = { .ca_file = "/nonexistent" };

	http_client_free(f->client);
	assert_int_equal(http_client_new(&f->client, &options, NULL), 0);
	assert_int_equal(send_to(f, "localhost"), ERR_NOT_FOUND);
	http_client_free(f->client);
	options.ca_file = "/proc/self/status";
	assert_int_equal(http_client_new(&f->client, &options, NULL), 0);
	assert_int_equal(send_to(f, "localhost"), ERR_CORRUPT);
}

static void old_protocols_are_refused(void **state)
{
	struct fixture *f = *state;

	f->newest = TLS1_1_VERSION;
	assert_int_equal(ask(f, "localhost", good(f)), ERR_IO);
	f->newest = TLS1_2_VERSION;
	assert_int_equal(ask(f, "localhost", good(f)), 0);
}

#define WITH_FILES(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(the_right_certificate_is_accepted), WITH_FILES(connections_are_kept),
		WITH_FILES(wrong_certificates_are_refused),    WITH_FILES(old_protocols_are_refused),
		WITH_FILES(broken_peers_are_errors),           WITH_FILES(trusted_certificates_must_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
