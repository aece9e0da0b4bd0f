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
#include <string.h>
#include <sys/param.h>

#define SAME	1.15			/* faster by up to this factor: about
					   equally fast */
#define SHARED	0.8			/* slower than this part of the slower
					   end's speed: clearly slower */
#define TURNS	0.9			/* the same, of the speed of ends that
					   take turns */

#define NOISE	1.05			/* faster by more than this: not noise
					   alone */

static double
slower_of(const struct speeds *speeds)
{
	return MIN(speeds->source.median, speeds->dest.median);
}

static struct limit
limit_unknown(const struct speeds *speeds)
{
	struct limit limit = { .what = LIMIT_UNKNOWN };
	const char *name = "both", *how = "together were not measured";

	if (speeds->source.median <= 0 || speeds->dest.median <= 0) {
		name = speeds->source.median <= 0 ? speeds->source_name :
		    speeds->dest_name;
		how = "alone was not measured";
	} else if (speeds->both.median > 0) {
		how = "together were faster than one of them alone";
	}
	snprintf(limit.text, sizeof(limit.text), "The limit is unknown: "
	    "%s %s.", name, how);
	return limit;
}

/** Return the limit with its factors: how much faster the one is. */
static struct limit
limit_of(enum limit_what what, const struct spread *fast,
    const struct spread *slow)
{
	return (struct limit){ .what = what,
	    .factor = fast->median / slow->median,
	    .factor_min = fast->min / slow->max,
	    .factor_max = fast->max / slow->min };
}

static struct limit
limit_machine(const struct speeds *speeds)
{
	const bool source = speeds->source.median < speeds->dest.median;
	struct limit limit = limit_of(LIMIT_MACHINE,
	    source ? &speeds->source : &speeds->dest, &speeds->both);

	snprintf(limit.text, sizeof(limit.text), "This machine is the limit, "
	    "CPU or memory, which both share: %s alone %.3g GB/s, %s alone "
	    "%.3g GB/s, together %.3g GB/s.", speeds->source_name,
	    speeds->source.median / 1e9, speeds->dest_name,
	    speeds->dest.median / 1e9, speeds->both.median / 1e9);
	return limit;
}

/** Return what to add if both together are well below the slower one: then each
 * works at its own speed, but waits for the other. */
static const char *
turns(const struct speeds *speeds)
{
	return speeds->both.median < SHARED * slower_of(speeds) ?
	    ", because they take turns" : "";
}

static struct limit
limit_neither(const struct speeds *speeds)
{
	const bool source = speeds->source.median > speeds->dest.median;
	struct limit limit = limit_of(LIMIT_NEITHER,
	    source ? &speeds->source : &speeds->dest,
	    source ? &speeds->dest : &speeds->source);

	snprintf(limit.text, sizeof(limit.text), "Neither is the limit: %s "
	    "alone, %.3g GB/s, and %s alone, %.3g GB/s, have about the same "
	    "speed; together %.3g GB/s%s.", speeds->source_name,
	    speeds->source.median / 1e9, speeds->dest_name,
	    speeds->dest.median / 1e9, speeds->both.median / 1e9,
	    turns(speeds));
	return limit;
}

/** Write "3 to 6 times": the factor as far as the rounds agree on it. */
static void
put_factor(char *to, size_t size, const struct limit *limit)
{
	char least[16], most[16];

	snprintf(least, sizeof(least), "%.*f", limit->factor_min < 9.95,
	    limit->factor_min);
	snprintf(most, sizeof(most), "%.*f", limit->factor_max < 9.95,
	    limit->factor_max);
	if (limit->factor_min <= 1)	/* the rounds overlap */
		snprintf(to, size, "up to %s times", most);
	else if (strcmp(least, most) == 0)
		snprintf(to, size, "%s times", most);
	else
		snprintf(to, size, "%s to %s times", least, most);
}

static struct limit
limit_one(const struct speeds *speeds)
{
	const bool source = speeds->source.median < speeds->dest.median;
	const struct spread *slow = source ? &speeds->source : &speeds->dest;
	const struct spread *fast = source ? &speeds->dest : &speeds->source;
	struct limit limit = limit_of(source ? LIMIT_SOURCE : LIMIT_DEST, fast,
	    slow);
	char factor[48];

	put_factor(factor, sizeof(factor), &limit);
	snprintf(limit.text, sizeof(limit.text), "%s is the limit: %.3g GB/s; "
	    "%s alone takes %.3g GB/s, %s as much; together %.3g GB/s%s.",
	    source ? speeds->source_name : speeds->dest_name,
	    slow->median / 1e9,
	    source ? speeds->dest_name : speeds->source_name,
	    fast->median / 1e9, factor, speeds->both.median / 1e9,
	    turns(speeds));
	limit.text[0] = (char)toupper((unsigned char)limit.text[0]);
	return limit;
}

/** If both together were faster than one alone, add a sentence that says how
 * that can be. */
static void
explain_surplus(struct limit *limit, const struct speeds *speeds)
{
	if (speeds->both.median > NOISE * slower_of(speeds))
		strlcat(limit->text, "  Together can be faster than one alone "
		    "because they are measured one after the other, and what "
		    "else the machine does, or what the disk itself caches, "
		    "has changed.", sizeof(limit->text));
}

struct limit
limit_find(const struct speeds *speeds)
{
	const double source = speeds->source.median, dest = speeds->dest.median;
	const double slower = slower_of(speeds), both = speeds->both.median;
	struct limit limit;

	if (slower <= 0 || both <= 0)
		return limit_unknown(speeds);
	if (both > SAME * slower)
		limit = limit_unknown(speeds);
	else if (both < MIN(SHARED * slower,
	    TURNS / (1 / source + 1 / dest)))
		limit = limit_machine(speeds);
	else if (MAX(source, dest) <= SAME * slower)
		limit = limit_neither(speeds);
	else
		limit = limit_one(speeds);
	explain_surplus(&limit, speeds);
	return limit;
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
