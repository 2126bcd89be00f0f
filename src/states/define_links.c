/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph of a block: names become pointers, then every state must be reachable and some state must end it.
 */
#include "states/define.h"

static struct state *find_state(const struct block *block, struct str name)
{
	for (size_t i = 0; i < block->count; i++)
		if (str_eq(block->states[i]->name, name))
			return block->states[i];
	return NULL;
}

/* The service says 'Next' whatever the field is called. */
static struct state *link_to(struct definer *d, const struct block *block, const struct json *name, struct str location)
{
	struct state *target = find_state(block, json_text(name));
	if (!target)
		diagnose(d->diagnostics, "MISSING_TRANSITION_TARGET", location, "Missing 'Next' target: " STR_FMT,
			 STR_ARG(json_text(name)));
	return target;
}

static void link_state(struct definer *d, const struct block *block, struct state *s, const struct json *value,
		       struct str location)
{
	const struct json *choices = json_get_c(value, "Choices"), *catchers = json_get_c(value, "Catch");
	if (json_get_c(value, "Next"))
		s->next = link_to(d, block, json_get_c(value, "Next"), define_below(d, location, "Next"));
	for (size_t i = 0; i < s->choice_count; i++)
		s->choices[i].next = link_to(d, block, json_get_c(choices->items[i], "Next"),
					     define_below(d, location, "Choices[%zu]/Next", i));
	if (json_get_c(value, "Default"))
		s->next = link_to(d, block, json_get_c(value, "Default"), define_below(d, location, "Default"));
	for (size_t i = 0; i < s->catcher_count; i++)
		s->catchers[i].next = link_to(d, block, json_get_c(catchers->items[i], "Next"),
					      define_below(d, location, "Catch[%zu]/Next", i));
}

static bool is_terminal(const struct state *s, const struct json *value)
{
	return s->type == STATE_SUCCEED || s->type == STATE_FAIL || json_true(json_get_c(value, "End"));
}

static void mark(const struct machine *m, const struct state *s, bool *reached, const struct state **queue, size_t *count)
{
	if (s && s->index < m->count && !reached[s->index]) {
		reached[s->index] = true;
		queue[(*count)++] = s;
	}
}

static void find_unreachable(struct definer *d, const struct block *block, struct str location)
{
	const struct machine *m = d->machine;
	bool *reached = arena_alloc_array(d->arena, m->count + 1, sizeof(*reached));
	const struct state **queue = arena_alloc_array(d->arena, m->count + 1, sizeof(*queue));
	size_t count = 0;
	if (!reached || !queue)
		return;
	mark(m, block->start, reached, queue, &count);
	for (size_t at = 0; at < count; at++) {
		mark(m, queue[at]->next, reached, queue, &count);
		for (size_t i = 0; i < queue[at]->choice_count; i++)
			mark(m, queue[at]->choices[i].next, reached, queue, &count);
		for (size_t i = 0; i < queue[at]->catcher_count; i++)
			mark(m, queue[at]->catchers[i].next, reached, queue, &count);
	}
	for (size_t i = 0; i < block->count; i++)
		if (!reached[block->states[i]->index])
			diagnose(d->diagnostics, "MISSING_TRANSITION_TARGET",
				 define_below(d, location, "States/" STR_FMT, STR_ARG(block->states[i]->name)),
				 "State \"" STR_FMT "\" is not reachable.", STR_ARG(block->states[i]->name));
}

void define_links(struct definer *d, struct block *block, const struct json *value, struct str location)
{
	const struct json *states = json_get_c(value, "States");
	bool ends = false;
	block->start = link_to(d, block, json_get_c(value, "StartAt"), define_below(d, location, "StartAt"));
	for (size_t i = 0; i < block->count; i++) {
		const struct json *one = json_get(states, block->states[i]->name);
		link_state(d, block, block->states[i], one,
			   define_below(d, location, "States/" STR_FMT, STR_ARG(block->states[i]->name)));
		ends = ends || is_terminal(block->states[i], one);
	}
	if (!ends)
		diagnose(d->diagnostics, "MISSING_END_STATE", STR_NULL, "Workflow has no terminal state");
	else
		find_unreachable(d, block, location);
}
