/*
 * For the units that compile a form of src/system/ for another system, against
 * stand-ins for that system's calls: what follows is not Linux.  Include it
 * after all headers of the system, which must not see this.
 */
#ifndef LIB_ELSEWHERE_H
#define LIB_ELSEWHERE_H

#pragma GCC diagnostic ignored "-Wbuiltin-macro-redefined"
#undef __linux__

/* config.h, which each file of src/ includes again, is to include none. */
#ifndef SYSTEM_SUBSTITUTES_H
#define SYSTEM_SUBSTITUTES_H
#endif

#endif
