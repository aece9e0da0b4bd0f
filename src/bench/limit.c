/*
 * Both together can at best be as fast as the slower of SOURCE and DEST.  If
 * they are slower than if they took turns, 1 / (1/source + 1/dest), the limit
 * is something that both need.
 */
#include "config.h"

#include "limit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/param.h>

#define SAME	1.15			/* faster by up to this factor: about
					   equally fast */
#define SHARED	0.8			/* slower than this part of the slower
					   end's speed: clearly slower */
#define TURNS	0.9			/* the same, of the speed of ends that
					   take turns */

static struct limit
limit_unknown(const struct speeds *speeds)
{
	struct limit limit = { .what = LIMIT_UNKNOWN };
	const char *name = "both", *how = "together were not measured";

	if (speeds->source <= 0 || speeds->dest <= 0) {
		name = speeds->source <= 0 ? speeds->source_name :
		    speeds->dest_name;
		how = "alone was not measured";
	} else if (speeds->both > 0) {
		how = "together were faster than one of them alone";
	}
	snprintf(limit.text, sizeof(limit.text), "The limit is unknown: "
	    "%s %s.", name, how);
	return limit;
}

static struct limit
limit_machine(const struct speeds *speeds)
{
	double slower = MIN(speeds->source, speeds->dest);
	struct limit limit = { .what = LIMIT_MACHINE,
	    .factor = slower / speeds->both };

	snprintf(limit.text, sizeof(limit.text), "This machine is the limit, "
	    "CPU or memory, which both share: %s alone %.3g GB/s, %s alone "
	    "%.3g GB/s, together %.3g GB/s.", speeds->source_name,
	    speeds->source / 1e9, speeds->dest_name, speeds->dest / 1e9,
	    speeds->both / 1e9);
	return limit;
}

/** Return what to add if both together are well below the slower one: then each
 * works at its own speed, but waits for the other. */
static const char *
turns(const struct speeds *speeds)
{
	return speeds->both < SHARED * MIN(speeds->source, speeds->dest) ?
	    ", because they take turns" : "";
}

static struct limit
limit_neither(const struct speeds *speeds, double factor)
{
	struct limit limit = { .what = LIMIT_NEITHER, .factor = factor };

	snprintf(limit.text, sizeof(limit.text), "Neither is the limit: %s "
	    "alone, %.3g GB/s, and %s alone, %.3g GB/s, have about the same "
	    "speed; together %.3g GB/s%s.", speeds->source_name,
	    speeds->source / 1e9, speeds->dest_name, speeds->dest / 1e9,
	    speeds->both / 1e9, turns(speeds));
	return limit;
}

static struct limit
limit_one(const struct speeds *speeds, double factor)
{
	bool source = speeds->source < speeds->dest;
	struct limit limit = { .factor = factor,
	    .what = source ? LIMIT_SOURCE : LIMIT_DEST };

	snprintf(limit.text, sizeof(limit.text), "%s is the limit: %.3g GB/s; "
	    "%s alone takes %.3g GB/s, %.1f times as much; together %.3g "
	    "GB/s%s.",
	    source ? speeds->source_name : speeds->dest_name,
	    MIN(speeds->source, speeds->dest) / 1e9,
	    source ? speeds->dest_name : speeds->source_name,
	    MAX(speeds->source, speeds->dest) / 1e9, factor,
	    speeds->both / 1e9, turns(speeds));
	limit.text[0] = (char)toupper((unsigned char)limit.text[0]);
	return limit;
}

struct limit
limit_find(const struct speeds *speeds)
{
	double slower = MIN(speeds->source, speeds->dest);
	double factor, serial;

	if (slower <= 0 || speeds->both <= 0 || speeds->both > SAME * slower)
		return limit_unknown(speeds);
	serial = 1 / (1 / speeds->source + 1 / speeds->dest);
	if (speeds->both < MIN(SHARED * slower, TURNS * serial))
		return limit_machine(speeds);
	factor = MAX(speeds->source, speeds->dest) / slower;
	return factor <= SAME ? limit_neither(speeds, factor) :
	    limit_one(speeds, factor);
}

const char *
limit_name(enum limit_what what)
{
	static const char *const names[] = {
		[LIMIT_UNKNOWN] = NULL,
		[LIMIT_SOURCE] = "source",
		[LIMIT_DEST] = "dest",
		[LIMIT_NEITHER] = "neither",
		[LIMIT_MACHINE] = "machine",
	};

	return names[what];
}
