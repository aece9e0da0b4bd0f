/*
 * Make several destinations count, in an order that suits them.
 *
 * Peers get the end of the data first, all of them, so that they flush and
 * rename their files while we commit our own, and then their confirmations are
 * waited for.  So the hosts of a chain commit at the same time.
 *
 * With --all-or-none the files come last: a peer cannot take back what it has
 * confirmed, and a file can be given up until it has its name.
 */
#ifndef TRANSFER_COMMIT_H
#define TRANSFER_COMMIT_H

#include "../base/status.h"
#include "ends.h"

/**
 * Commit all destinations that have not failed.  Return STATUS_OK if at least
 * one was committed and the transfer may end; otherwise the exit status.  Say
 * which destinations are complete if the others are given up.
 */
enum status commit_all(struct ends *);

#endif
