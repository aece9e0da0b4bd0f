/*
 * What a random transfer must do, by its request and by the calls that failed.
 */
#ifndef LIB_MODEL_H
#define LIB_MODEL_H

#include "lib-faults.h"
#include "lib-task.h"

/** What must follow from the request, or from a failure. */
struct fate {
	enum { GOES_ON, FALLS, ENDS } way;	/* FALLS: to another method */
	enum zc_outcome outcome;
	enum zc_side side;
	int error;
};

extern struct model {
	int64_t header, data, trailer;	/* all that there is to deliver */
	int64_t in_at, out_at;		/* positions before; streams: taken */
	int64_t from, to;		/* where it reads and writes files */
	struct fate fate;
	bool over;			/* no further call is allowed */
	bool maps;			/* mmap is the method */
	bool had_zero;			/* the last call of a kernel path was
					   made to return 0 */
	bool wrong;
	unsigned events, agains;	/* counted */
	unsigned stalls;		/* EAGAINs in a row; see lib-model.c */
	int64_t told;			/* bytes, by the last event */
	int64_t looked;			/* bytes that on_look() has seen */
} model;

/** How often each call failed or came short, and with which errno. */
extern unsigned fired[CALLS], with_error[200];

#define WRONG(...)							\
	do {								\
		printf("# wrong: " __VA_ARGS__);			\
		putchar('\n');						\
		model.wrong = true;					\
	} while (0)

struct fate ends(enum zc_outcome outcome, enum zc_side side, int error);

/** Make the model expect what follows from a failure. */
void apply(const struct fate *fate);

/** Make the model of `task`, before it runs. */
void foresee_all(void);

#endif
