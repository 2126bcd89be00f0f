/* SPDX-License-Identifier: Apache-2.0
 *
 * What OpenSSL's archive names and the functions' binary never does: load code, look names up through libc (src/http/resolve.c
 * looks them up), ask for a password, fetch certificates, read private keys, run engines. Each stands in for the definition of
 * the same name in libc.a or libcrypto.a, which would link a name service, a terminal dialogue, a second HTTP client, PKCS #12,
 * the dynamic loader and the engines with their ciphers. Each fails, or does nothing, as its manual page says it may.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <openssl/core.h>
#include <openssl/engine.h>
#include <openssl/evp.h>
#include <openssl/http.h>
#include <openssl/pkcs12.h>
#include <openssl/ui.h>

void *dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

void *dlsym(void *handle, const char *name)
{
	(void)handle;
	(void)name;
	return NULL;
}

int dlclose(void *handle)
{
	(void)handle;
	return -1;
}

char *dlerror(void)
{
	return NULL;
}

int dladdr(const void *address, Dl_info *info)
{
	(void)address;
	(void)info;
	return 0;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	(void)name;
	(void)service;
	(void)hints;
	(void)out;
	return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *list)
{
	(void)list;
}

const char *gai_strerror(int code)
{
	(void)code;
	return "";
}

int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size, char *service,
		socklen_t service_size, int flags)
{
	(void)address;
	(void)length;
	(void)host;
	(void)host_size;
	(void)service;
	(void)service_size;
	(void)flags;
	return EAI_FAIL;
}

struct hostent *gethostbyname(const char *name)
{
	(void)name;
	return NULL;
}

UI_METHOD *UI_OpenSSL(void)
{
	return NULL;
}

const UI_METHOD *UI_get_default_method(void)
{
	return NULL;
}

BIO *OSSL_HTTP_get(const char *url, const char *proxy, const char *no_proxy, BIO *io, BIO *read_io, OSSL_HTTP_bio_cb_t update,
		   void *user, int buffer_size, const STACK_OF(CONF_VALUE) * headers, const char *content_type, int expect_asn1,
		   size_t length_max, int timeout)
{
	(void)url;
	(void)proxy;
	(void)no_proxy;
	(void)io;
	(void)read_io;
	(void)update;
	(void)user;
	(void)buffer_size;
	(void)headers;
	(void)content_type;
	(void)expect_asn1;
	(void)length_max;
	(void)timeout;
	return NULL;
}

void EVP_PBE_cleanup(void)
{
}

PKCS8_PRIV_KEY_INFO *PKCS8_decrypt(const X509_SIG *key, const char *password, int length)
{
	(void)key;
	(void)password;
	(void)length;
	return NULL;
}

X509_SIG *PKCS8_encrypt(int pbe, const EVP_CIPHER *cipher, const char *password, int length, unsigned char *salt, int salt_length,
			int iterations, PKCS8_PRIV_KEY_INFO *key)
{
	(void)pbe;
	(void)cipher;
	(void)password;
	(void)length;
	(void)salt;
	(void)salt_length;
	(void)iterations;
	(void)key;
	return NULL;
}

void ENGINE_load_builtin_engines(void)
{
}

void ENGINE_add_conf_module(void)
{
}

/* OpenSSL's own, without a header. */

OSSL_provider_init_fn ossl_base_provider_init;
void engine_load_openssl_int(void);
void engine_load_dynamic_int(void);
int ossl_store_handle_load_result(const OSSL_PARAM *found, void *context);

int ossl_base_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **out, void **context)
{
	(void)handle;
	(void)core;
	(void)out;
	(void)context;
	return 0;
}

void engine_load_openssl_int(void)
{
}

void engine_load_dynamic_int(void)
{
}

int ossl_store_handle_load_result(const OSSL_PARAM *found, void *context)
{
	(void)found;
	(void)context;
	return 0;
}

/* glibc's own: character sets that lie in files. Without them nothing is left that loads code. */

struct __gconv_loaded_object;
struct __gconv_loaded_object *__gconv_find_shlib(const char *name);
int __gconv_release_shlib(struct __gconv_loaded_object *library);

struct __gconv_loaded_object *__gconv_find_shlib(const char *name)
{
	(void)name;
	return NULL;
}

int __gconv_release_shlib(struct __gconv_loaded_object *library)
{
	(void)library;
	return 0;
}
