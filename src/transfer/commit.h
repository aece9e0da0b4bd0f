/*
 * Finish, await and commit the destinations (see endpoint.h), in an order that
 * suits several of them.
 *
 * First, all peers get the end of the data, so that they flush and rename their
 * files while we commit our own: the hosts of a chain commit at the same time.
 * Then all peers and commands are waited for at the same time.  A command gets
 * the end of the data only then, because that cannot be taken back.
 *
 * With --all-or-none our own files are committed last, because a file can be
 * given up until it has its name, but what a peer or a command has done cannot
 * be undone.
 */
#ifndef TRANSFER_COMMIT_H
#define TRANSFER_COMMIT_H

#include "../base/status.h"
#include "ends.h"

/**
 * Commit all destinations that have not failed, and set dest->committed.
 * Return STATUS_OK if at least one was committed, with --all-or-none if all
 * were.  Otherwise return the exit status, after a message for each destination
 * that is complete nevertheless, or may be.
 */
enum status commit_all(struct ends *);

#endif
