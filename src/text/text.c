/* SPDX-License-Identifier: Apache-2.0 */
#include "text/text.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "image/decode.h"
#include "text/engine.h"

enum { COLOUR_PIXELS_MAX = 12000000 };

/* Best first. */
static const struct text_engine_class *const classes[] = { &text_engine_ppocr, &text_engine_tesseract };
enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

struct text_engine {
	struct text_options options;           /* folders owned */
	bool any;                              /* not asked for by name */
	pthread_mutex_t lock;                  /* of what follows */
	const struct text_engine_class *class; /* stays once loaded */
	char advice[ERROR_MESSAGE_MAX];
	void *state; /* NULL until loaded */
};

static int find_named(const struct text_options *options, const struct text_engine_class **out, struct error *err)
{
	for (size_t i = 0; i < CLASS_COUNT; i++)
		if (strcmp(classes[i]->name, options->engine) == 0) {
			*out = classes[i];
			return classes[i]->find(options, err);
		}
	return error_set(err, ERR_INVALID, "no text engine is called '%s'; there are ppocr and tesseract", options->engine);
}

static int find_best(const struct text_options *options, const struct text_engine_class **out, char advice[ERROR_MESSAGE_MAX],
		     struct error *err)
{
	struct error why = { 0 };
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; i < CLASS_COUNT && rc < 0; i++) {
		rc = classes[i]->find(options, &why);
		*out = classes[i];
		if (rc < 0 && i == 0)
			memcpy(advice, why.message, ERROR_MESSAGE_MAX);
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

int text_engine_new(struct text_engine **out, const struct text_options *options, struct error *err)
{
	struct text_engine *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return error_set(err, ERR_NO_MEMORY, "no memory for a text engine");
	pthread_mutex_init(&e->lock, NULL);
	e->options = *options;
	e->any = !options->engine || strcmp(options->engine, "auto") == 0;
	rc = e->any ? find_best(options, &e->class, e->advice, err) : find_named(options, &e->class, err);
	e->options.folders = strdup(options->folders ? options->folders : "");
	if (rc == 0 && !e->options.folders)
		rc = error_set(err, ERR_NO_MEMORY, "no memory for a text engine");
	if (rc == 0 && options->load)
		rc = text_engine_load(e, err);
	if (rc < 0) {
		text_engine_free(e);
		return rc;
	}
	*out = e;
	return 0;
}

void text_engine_free(struct text_engine *engine)
{
	if (!engine)
		return;
	if (engine->state)
		engine->class->unload(engine->state);
	pthread_mutex_destroy(&engine->lock);
	free((char *)(uintptr_t)engine->options.folders);
	free(engine);
}

const char *text_engine_name(struct text_engine *engine)
{
	const char *name;

	pthread_mutex_lock(&engine->lock);
	name = engine->class->name;
	pthread_mutex_unlock(&engine->lock);
	return name;
}

bool text_engine_advice(struct text_engine *engine, char out[ERROR_MESSAGE_MAX])
{
	pthread_mutex_lock(&engine->lock);
	memcpy(out, engine->advice, ERROR_MESSAGE_MAX);
	pthread_mutex_unlock(&engine->lock);
	return out[0] != '\0';
}

/* Under the lock: the next engine that is installed takes the place of one that does not work. False when there is none, or this
 * one was asked for by name. */
static bool fall_back(struct text_engine *e, const struct error *why)
{
	size_t i = 0;

	while (i < CLASS_COUNT && classes[i] != e->class)
		i++;
	for (i++; e->any && i < CLASS_COUNT; i++) {
		if (classes[i]->find(&e->options, NULL) < 0)
			continue;
		e->class = classes[i];
		memcpy(e->advice, why->message, ERROR_MESSAGE_MAX);
		return true;
	}
	return false;
}

int text_engine_check(struct text_engine *engine, struct error *err)
{
	const struct text_engine_class *class;
	struct error why = { 0 };
	int rc;

	pthread_mutex_lock(&engine->lock);
	class = engine->class;
	pthread_mutex_unlock(&engine->lock);
	rc = class->check ? class->check(&engine->options, &why) : 0;
	if (rc == 0)
		return 0;
	pthread_mutex_lock(&engine->lock);
	if (!engine->state && engine->class == class)
		fall_back(engine, &why);
	pthread_mutex_unlock(&engine->lock);
	if (err)
		*err = why;
	return rc;
}

int text_engine_load(struct text_engine *engine, struct error *err)
{
	struct error why = { 0 };
	int rc = 0;

	pthread_mutex_lock(&engine->lock);
	while (!engine->state) {
		rc = engine->class->load(&engine->state, &engine->options, &why);
		if (rc == 0 || rc == ERR_NO_MEMORY || !fall_back(engine, &why))
			break;
		if (!engine->options.load) /* else the advice is asked for at once */
			log_error("text", "the text engine does not work, text is read with engine=%s reason=\"%s\"",
				  engine->class->name, why.message);
	}
	pthread_mutex_unlock(&engine->lock);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

enum image_layout text_layout(struct str file)
{
	uint32_t width, height;

	if (image_size(file, &width, &height) == 0 && (uint64_t)width * height > COLOUR_PIXELS_MAX)
		return IMAGE_GREY;
	return IMAGE_AUTO;
}

int text_detect(struct text_engine *engine, const struct image *image, int64_t deadline_ns, struct arena *arena,
		struct text_page *out, struct error *err)
{
	struct page_builder page;
	int rc = text_engine_load(engine, err);

	if (rc < 0)
		return rc;
	page_init(&page, arena);
	rc = engine->class->detect(engine->state, image, deadline_ns, &page, err);
	return rc < 0 ? rc : page_finish(&page, out, err);
}
