/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's own pages: /_gleaner/health, /_gleaner/info, /_gleaner/metrics, and /_localstack/health for tooling that looks
 * there. They tell nothing secret and need no signature.
 */
#include "base/limits.h"
#include "os/clock.h"
#include "service/host_internal.h"

static void write_services(const struct host *h, struct writer *w)
{
	write_object(w, "services");
	for (size_t i = 0; i < h->service_count; i++)
		write_c(w, h->services[i].service->name, "running");
	write_end(w);
}

static void health(struct host *h, struct buf *out)
{
	struct writer w;

	writer_init(&w, out, WRITER_JSON);
	write_object(&w, NULL);
	write_c(&w, "status", "ok");
	write_services(h, &w);
	write_c(&w, "edition", "gleaner");
	write_c(&w, "version", GLEANER_VERSION);
	write_end(&w);
}

static void info(struct host *h, struct buf *out)
{
	struct writer w;

	writer_init(&w, out, WRITER_JSON);
	write_object(&w, NULL);
	write_c(&w, "version", GLEANER_VERSION);
	write_str(&w, "region", h->region);
	write_str(&w, "account_id", h->account);
	write_str(&w, "endpoint", h->endpoint);
	if (h->options.info)
		h->options.info(h, &w);
	write_end(&w);
}

static void metrics(struct host *h, struct buf *out)
{
	buf_addf(out, "# TYPE gleaner_uptime_seconds gauge\ngleaner_uptime_seconds %lld\n",
		 (long long)(clock_wall_ms() - h->started_ms) / 1000);
	buf_addf(out, "# TYPE gleaner_cpu_seconds_total counter\ngleaner_cpu_seconds_total %.6f\n",
		 (double)clock_process_cpu_ns() / 1e9);
	buf_add_c(out, "# TYPE gleaner_requests_total counter\n");
	for (size_t i = 0; i < h->service_count; i++)
		buf_addf(out, "gleaner_requests_total{service=\"%s\"} %llu\n", h->services[i].service->name,
			 (unsigned long long)atomic_load_explicit(&h->requests[i], memory_order_relaxed));
	buf_add_c(out, "# TYPE gleaner_errors_total counter\n");
	for (size_t i = 0; i < h->service_count; i++)
		buf_addf(out, "gleaner_errors_total{service=\"%s\"} %llu\n", h->services[i].service->name,
			 (unsigned long long)atomic_load_explicit(&h->refusals[i], memory_order_relaxed));
}

static const struct page {
	const char *path;
	void (*write)(struct host *h, struct buf *out);
	const char *type;
} pages[] = {
	{ "/_gleaner/health", health, "application/json" },
	{ "/_localstack/health", health, "application/json" },
	{ "/_gleaner/info", info, "application/json" },
	{ "/_gleaner/metrics", metrics, "text/plain; version=0.0.4" },
};

static const struct page *find_page(struct str path)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		if (str_eq_c(path, pages[i].path))
			return &pages[i];
	return NULL;
}

bool admin_answer(struct host *h, struct http_exchange *x)
{
	const struct page *page;
	struct http_reply r;
	struct buf out;

	if (!str_starts(x->path, STR("/_gleaner/")) && !str_starts(x->path, STR("/_localstack/")))
		return false;
	page = find_page(x->path);
	bool get = str_eq(x->method, STR("GET")) || str_eq(x->method, STR("HEAD"));
	http_reply_init(&r, !page ? 404 : get ? 200 : 405);
	buf_init(&out, MIB(1));
	if (page && get)
		page->write(h, &out);
	http_reply_add(&r, STR("Content-Type"), str_c(page ? page->type : "text/plain"));
	r.body = buf_str(&out);
	http_respond(x, &r);
	buf_release(&out);
	return true;
}
