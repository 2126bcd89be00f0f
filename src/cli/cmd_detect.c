/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner detect [--engine E] [--json] [--boxes OUT.png] FILE…: text detection alone, without a server.
 */
#include <getopt.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/text_folders.h"
#include "format/writer.h"
#include "image/convert.h"
#include "image/decode.h"
#include "image/draw.h"
#include "image/png.h"
#include "os/clock.h"
#include "os/file.h"
#include "text/text.h"

/* What one machine can read: Rekognition's largest side, and files as large as memory allows. */
static const struct image_limits limits = { .bytes = MIB(256), .side_min = 1, .side_max = 10000, .pixels = 100000000 };

struct detect_options {
	const char *engine;
	const char *boxes;
	int threads;
	bool json;
};

struct reading {
	const char *path;
	struct arena arena;
	struct image image;
	struct text_page page;
	double wall_s, cpu_s;
};

static const char help[] = "usage: gleaner detect [--engine ppocr|tesseract] [--threads N] [--json] [--boxes OUT.png] FILE…\n"
			   "Prints the text of PNG and JPEG images in reading order.\n"
			   "  --engine E       the engine; by default the best one installed\n"
			   "  --threads N      threads to use (default: as many as cores, at most 8)\n"
			   "  --json           one line a file: words and lines with confidence and outline in pixels\n"
			   "  --boxes OUT.png  also write the (one) image with its lines outlined\n"
			   "Exit status: 0 all images were read, 1 some were not, 2 wrong usage.\n";

static void write_polygon(struct writer *w, const struct text_polygon *p)
{
	write_list(w, "poly", NULL);
	for (int i = 0; i < 4; i++) {
		write_list(w, NULL, NULL);
		write_double(w, NULL, p->points[i].x);
		write_double(w, NULL, p->points[i].y);
		write_end(w);
	}
	write_end(w);
}

static void write_page(struct writer *w, const struct reading *r)
{
	write_object(w, NULL);
	write_c(w, "image", r->path);
	write_double(w, "wall", r->wall_s);
	write_double(w, "cpu", r->cpu_s);
	write_list(w, "words", NULL);
	for (size_t i = 0; i < r->page.word_count; i++) {
		const struct text_word *word = &r->page.words[i];

		write_object(w, NULL);
		write_str(w, "text", word->text);
		write_double(w, "conf", word->confidence);
		write_i64(w, "line", (int64_t)word->line);
		write_polygon(w, &word->polygon);
		write_end(w);
	}
	write_end(w);
	write_list(w, "lines", NULL);
	for (size_t i = 0; i < r->page.line_count; i++) {
		write_object(w, NULL);
		write_str(w, "text", r->page.lines[i].text);
		write_double(w, "conf", r->page.lines[i].confidence);
		write_polygon(w, &r->page.lines[i].polygon);
		write_end(w);
	}
	write_end(w);
	write_end(w);
}

static int print_json(const struct reading *r, struct error *err)
{
	struct buf out;
	struct writer w;
	int rc;

	buf_init(&out, MIB(64));
	writer_init(&w, &out, WRITER_JSON);
	write_page(&w, r);
	rc = buf_failed(&out) ? error_set(err, ERR_NO_MEMORY, "no memory for the answer") : 0;
	if (rc == 0)
		puts(buf_c(&out));
	buf_release(&out);
	return rc;
}

static void print_text(const struct reading *r, bool with_name)
{
	if (with_name)
		printf("== %s\n", r->path);
	for (size_t i = 0; i < r->page.line_count; i++)
		printf(STR_FMT "\n", STR_ARG(r->page.lines[i].text));
}

static int print_page(const struct detect_options *o, const struct reading *r, bool with_name, struct error *err)
{
	int rc = 0;

	if (o->json)
		rc = print_json(r, err);
	else
		print_text(r, with_name);
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = error_set_errno(err, "write the text");
	return rc;
}

static int write_boxes(struct reading *r, const char *path, struct error *err)
{
	const struct image_colour red = { 214, 40, 40 };
	struct buf out;
	int rc = image_make_colour(&r->image, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < r->page.line_count; i++)
		image_draw_polygon(&r->image, r->page.lines[i].polygon.points, 4, 2, red);
	buf_init(&out, GIB(1));
	rc = png_encode(&r->image, &out, err);
	if (rc == 0)
		rc = file_write(path, buf_str(&out), 0644, err);
	buf_release(&out);
	return rc;
}

static int read_file(struct text_engine *engine, struct reading *r, struct error *err)
{
	int64_t wall, cpu;
	struct str file;
	int rc = file_read(&r->arena, r->path, limits.bytes, &file, err);

	if (rc == 0)
		rc = image_decode(file, &limits, text_layout(file), &r->image, err);
	if (rc < 0)
		return rc;
	wall = clock_mono_ns();
	cpu = clock_process_cpu_ns();
	rc = text_detect(engine, &r->image, 0, &r->arena, &r->page, err);
	r->wall_s = (double)(clock_mono_ns() - wall) / 1e9;
	r->cpu_s = (double)(clock_process_cpu_ns() - cpu) / 1e9;
	return rc;
}

static int detect_file(struct text_engine *engine, const struct detect_options *o, const char *path, bool many)
{
	struct reading r = { .path = path };
	struct error err = { 0 };
	int rc;

	arena_init(&r.arena, GIB(1));
	rc = read_file(engine, &r, &err);
	if (rc == 0)
		rc = print_page(o, &r, many, &err);
	if (rc == 0 && o->boxes)
		rc = write_boxes(&r, o->boxes, &err);
	if (rc < 0)
		fprintf(stderr, "gleaner: %s: %s%s%s\n", path, err.name, err.name[0] ? ": " : "", err.message);
	image_release(&r.image);
	arena_release(&r.arena);
	return rc < 0 ? EXIT_FAILED : EXIT_OK;
}

static int detect_files(const struct detect_options *o, char **files, int count)
{
	struct arena arena;
	struct text_engine *engine;
	char advice[ERROR_MESSAGE_MAX];
	struct error err = { 0 };
	int result = EXIT_OK;

	arena_init(&arena, KIB(64));
	if (text_engine_new(&engine,
			    &(struct text_options){
				    .engine = o->engine, .folders = text_folders(&arena), .threads = o->threads, .load = true },
			    &err) < 0) {
		fprintf(stderr, "gleaner: %s\n", err.message);
		arena_release(&arena);
		return EXIT_FAILED;
	}
	if (text_engine_advice(engine, advice))
		fprintf(stderr, "gleaner: reading with %s. %s\n", text_engine_name(engine), advice);
	for (int i = 0; i < count; i++)
		if (detect_file(engine, o, files[i], count > 1) != EXIT_OK)
			result = EXIT_FAILED;
	text_engine_free(engine);
	arena_release(&arena);
	return result;
}

static int default_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > 8 ? 8 : (int)cores;
}

static int parse_threads(const char *text)
{
	int64_t value;

	return str_to_i64(str_c(text), &value) == 0 && value >= 1 && value <= 64 ? (int)value : 0;
}

int cmd_detect(int argc, char **argv)
{
	static const struct option names[] = {
		{ "engine", required_argument, NULL, 'e' }, { "boxes", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },         { "threads", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },         { 0 },
	};
	struct detect_options o = { .threads = default_threads() };
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		switch (c) {
		case 'e':
			o.engine = optarg;
			break;
		case 'b':
			o.boxes = optarg;
			break;
		case 'j':
			o.json = true;
			break;
		case 't':
			o.threads = parse_threads(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			fputs(help, stderr);
			return EXIT_USAGE;
		}
	}
	if (o.boxes && argc - optind > 1)
		fputs("gleaner detect: --boxes takes one image\n", stderr);
	if (optind == argc || o.threads == 0 || (o.boxes && argc - optind > 1)) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	return detect_files(&o, argv + optind, argc - optind);
}
