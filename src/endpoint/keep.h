/*
 * What a new file keeps of the file that it replaces: owner, group, mode, POSIX
 * ACL and user.* attributes.
 */
#ifndef KEEP_H
#define KEEP_H

#include "../base/status.h"
#include "../system/attributes.h"
#include "endpoint.h"
#include "location.h"

/**
 * Give the new file, ep->fd, the attributes that the old one has now; do
 * nothing if there is none.  `old` is what attributes_read() returned of it
 * before the first byte, and is changed.
 *
 * If the old file has lost its name, grant only what all of these allow: its
 * attributes before the first byte, its attributes now, and those of the file
 * that has taken the name.  If there was no old file, the attributes of a file
 * that has taken the name since then limit the new one, too.
 *
 * The user.* attributes are those of the file that has the name, or of the old
 * file if none has it.
 *
 * Return STATUS_OK; on failure, print the reason and return the exit status.
 */
enum status keep_attributes(const struct endpoint *ep, struct attributes *old,
    const struct location *before, const struct location *now);

#endif
