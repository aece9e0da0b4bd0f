/* Exit statuses, as zcopy(1) lists them. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status {
	STATUS_OK = 0,
	STATUS_OTHER = 1,
	STATUS_USAGE = 2,
	STATUS_SOURCE = 3,
	STATUS_DEST = 4,
	STATUS_CONNECTION = 5,
	STATUS_INCOMPLETE = 6,
	STATUS_CHANGED = 7,
	STATUS_METHOD = 9,
	STATUS_WOULD_WAIT = 10,
};

#endif
