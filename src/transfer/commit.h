/*
 * Make several destinations count, in an order that suits them.
 *
 * Peers get the end of the data first, all of them, so that they flush and
 * rename their files while we commit our own.  So the hosts of a chain commit
 * at the same time.  Then peers and commands are waited for, all at the same
 * time.  A command gets the end of the data only there, because that cannot be
 * taken back.
 *
 * With --all-or-none the files come last: a file can be given up until it has
 * its name, and what a peer or a command has done cannot be undone.
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
