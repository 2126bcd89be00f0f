/* SPDX-License-Identifier: Apache-2.0 */
#include "http/tls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/resolve.h"

struct tls_context {
	SSL_CTX *ssl;
	BIO_METHOD *socket_io;
};

struct tls {
	SSL *ssl;
	short events;
};

/* OpenSSL's own socket BIO writes with write(), which raises SIGPIPE when the peer has gone: this one does not. */
static int fd_of(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int socket_io_read(BIO *bio, char *out, int n)
{
	ssize_t got = recv(fd_of(bio), out, (size_t)n, 0);

	BIO_clear_retry_flags(bio);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return (int)got;
}

static int socket_io_write(BIO *bio, const char *bytes, int n)
{
	ssize_t sent = send(fd_of(bio), bytes, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)sent;
}

static long socket_io_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *socket_io_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (m && (!BIO_meth_set_read(m, socket_io_read) || !BIO_meth_set_write(m, socket_io_write) ||
		  !BIO_meth_set_ctrl(m, socket_io_control))) {
		BIO_meth_free(m);
		m = NULL;
	}
	return m;
}

/* Amazon Linux's place, then Debian's. */
static const char *const trusted_files[] = { "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt" };

static const char *find_trusted(const char *ca_file)
{
	if (ca_file)
		return ca_file;
	for (size_t i = 0; i < sizeof(trusted_files) / sizeof(trusted_files[0]); i++) {
		if (access(trusted_files[i], R_OK) == 0)
			return trusted_files[i];
	}
	return NULL;
}

static int load_trusted(struct tls_context *c, const char *ca_file, struct error *err)
{
	const char *file = find_trusted(ca_file);

	if (!file)
		return error_set(err, ERR_NOT_FOUND, "no trusted certificates: neither %s nor %s is there", trusted_files[0],
				 trusted_files[1]);
	if (access(file, R_OK) < 0)
		return error_set(err, ERR_NOT_FOUND, "trusted certificates %s: %s", file, strerror(errno));
	if (!SSL_CTX_load_verify_file(c->ssl, file))
		return error_set(err, ERR_CORRUPT, "no trusted certificates in %s", file);
	return 0;
}

int tls_context_new(struct tls_context **out, const char *ca_file, struct error *err)
{
	static const unsigned char protocols[] = "\x08http/1.1";
	struct tls_context *c = calloc(1, sizeof(*c));
	int code = 0;

	if (c) {
		c->ssl = SSL_CTX_new(TLS_client_method());
		c->socket_io = socket_io_method();
	}
	if (!c || !c->ssl || !c->socket_io || !SSL_CTX_set_min_proto_version(c->ssl, TLS1_2_VERSION) ||
	    SSL_CTX_set_alpn_protos(c->ssl, protocols, sizeof(protocols) - 1) != 0)
		code = error_set(err, ERR_NO_MEMORY, "TLS could not be started");
	if (code == 0) {
		SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_mode(c->ssl,
				 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
		code = load_trusted(c, ca_file, err);
	}
	ERR_clear_error();
	if (code < 0) {
		tls_context_free(c);
		return code;
	}
	*out = c;
	return 0;
}

void tls_context_free(struct tls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ssl);
	BIO_meth_free(c->socket_io);
	free(c);
}

/* Names go into SNI and are matched with the certificate's; addresses are only matched. */
static bool set_host(SSL *ssl, struct str host)
{
	struct address numeric;
	char name[256];

	if (str_ends(host, STR(".")))
		host = str_sub(host, 0, host.n - 1);
	if (host.n == 0 || host.n >= sizeof(name))
		return false;
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	if (address_parse(host, 0, &numeric))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

int tls_new(struct tls **out, struct tls_context *c, int fd, struct str host, struct error *err)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *io = NULL;

	if (t) {
		t->ssl = SSL_new(c->ssl);
		io = BIO_new(c->socket_io);
	}
	if (!t || !t->ssl || !io || !set_host(t->ssl, host)) {
		BIO_free(io);
		tls_free(t);
		ERR_clear_error();
		return error_set(err, ERR_NO_MEMORY, "a TLS connection to " STR_FMT " could not be started", STR_ARG(host));
	}
	BIO_set_data(io, (void *)(intptr_t)fd);
	BIO_set_init(io, 1);
	SSL_set_bio(t->ssl, io, io);
	SSL_set_connect_state(t->ssl);
	*out = t;
	return 0;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	free(t);
}

static int refused(struct tls *t, struct error *err)
{
	long verified = SSL_get_verify_result(t->ssl);
	char reason[160];
	int code;

	if (verified != X509_V_OK) {
		code = error_set(err, ERR_DENIED, "the server's certificate is refused: %s",
				 X509_verify_cert_error_string(verified));
	} else {
		ERR_error_string_n(ERR_peek_error(), reason, sizeof(reason));
		code = error_set(err, ERR_IO, "TLS: %s", ERR_peek_error() ? reason : "the connection was cut off");
	}
	return code;
}

/* What a call's result means; OpenSSL's queue of errors must be empty before the call. */
static ssize_t outcome(struct tls *t, int result, size_t moved, struct error *err)
{
	ssize_t code;

	if (result > 0)
		return (ssize_t)moved;
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		t->events = POLLIN;
		code = ERR_UNAVAILABLE;
		break;
	case SSL_ERROR_WANT_WRITE:
		t->events = POLLOUT;
		code = ERR_UNAVAILABLE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		code = 0;
		break;
	default:
		code = refused(t, err);
	}
	ERR_clear_error();
	return code;
}

ssize_t tls_handshake(struct tls *t, struct error *err)
{
	return outcome(t, SSL_connect(t->ssl), 1, err);
}

ssize_t tls_read(struct tls *t, void *out, size_t n, struct error *err)
{
	size_t moved = 0;
	int result = SSL_read_ex(t->ssl, out, n, &moved);

	return outcome(t, result, moved, err);
}

ssize_t tls_write(struct tls *t, const void *bytes, size_t n, struct error *err)
{
	size_t moved = 0;
	int result = SSL_write_ex(t->ssl, bytes, n, &moved);

	return outcome(t, result, moved, err);
}

short tls_events(const struct tls *t)
{
	return t->events;
}

void tls_goodbye(struct tls *t)
{
	(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
}
