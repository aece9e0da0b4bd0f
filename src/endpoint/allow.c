#include "config.h"

#include "allow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../base/diag.h"
#include "../base/number.h"
#include "../system/vsock.h"
#include "address.h"

/* All addresses are kept as IPv6, with IPv4 mapped. */
#define MAPPED_BITS	96
#define ALL_BITS	128

struct allow {
	struct allow *next;
	enum allow_kind kind;
	struct in6_addr address;
	unsigned bits;			/* length of the prefix */
	uint32_t cid;
};

/** Return ::ffff:ADDRESS. */
static struct in6_addr
map(struct in_addr address)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&mapped.s6_addr[12], &address, sizeof(address));
	return mapped;
}

/** Parse the address, and set rule->bits to the bits before it: 96 for IPv4.
 * Return false if it is not an address. */
static bool
parse_address(struct allow *rule, const char *text)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		rule->address = map(ipv4);
		rule->bits = MAPPED_BITS;
		return true;
	}
	rule->bits = 0;
	return inet_pton(AF_INET6, text, &rule->address) == 1;
}

/** Parse a prefix length of at most `most`; NULL means `most`. */
static bool
parse_length(unsigned *length, const char *text, unsigned most)
{
	*length = most;
	if (text == NULL)
		return true;
	if (*text == '\0' || strlen(text) > 3 ||
	    text[strspn(text, "0123456789")] != '\0')
		return false;
	*length = (unsigned)strtoul(text, NULL, 10);
	return *length <= most;
}

/** Return bit n of the address, counted from the left. */
static bool
bit(const struct in6_addr *address, unsigned n)
{
	return address->s6_addr[n / 8] >> (7 - n % 8) & 1;
}

/** Parse a CID.  Return NULL, or what is wrong. */
static const char *
parse_cid(struct allow *rule, const char *text)
{
	const char *end = number_parse(&rule->cid, text);

	rule->kind = ALLOW_CID;
	return end != NULL && *end == '\0' ? NULL :
	    "the CID is not a number below 4294967295";
}

/** Parse ADDR[/LEN] or vsock:CID.  Return NULL, or what is wrong. */
static const char *
parse(struct allow *rule, const char *text)
{
	static const char vsock[] = "vsock:";
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
	unsigned length;

	if (strncmp(text, vsock, sizeof(vsock) - 1) == 0)
		return parse_cid(rule, text + sizeof(vsock) - 1);
	if (size >= sizeof(address))
		return "not an address";
	memcpy(address, text, size);
	address[size] = '\0';
	if (!parse_address(rule, address))
		return "not an IPv4 or IPv6 address (no name, no brackets)";
	if (!parse_length(&length, slash != NULL ? slash + 1 : NULL,
	    ALL_BITS - rule->bits))
		return "the prefix length is out of range for this family";
	rule->bits += length;
	for (unsigned n = rule->bits; n < ALL_BITS; n++)
		if (bit(&rule->address, n))
			return "bits are set after the prefix length";
	return NULL;
}

const char *
allow_add(struct allow **list, const char *text)
{
	struct allow rule = { .next = *list };
	const char *why = parse(&rule, text);

	if (why != NULL)
		return why;
	*list = malloc(sizeof(**list));
	if (*list == NULL) {
		*list = rule.next;
		return "out of memory";
	}
	**list = rule;
	return NULL;
}

/** True if the first rule->bits bits are the same. */
static bool
rule_match(const struct allow *rule, const struct in6_addr *address)
{
	unsigned n = 0;

	if (rule->kind != ALLOW_ADDRESS)
		return false;
	/* ::/0 matches all of IPv6, but no mapped IPv4 address. */
	if (rule->bits < MAPPED_BITS && IN6_IS_ADDR_V4MAPPED(address))
		return false;
	while (n < rule->bits && bit(&rule->address, n) == bit(address, n))
		n++;
	return n == rule->bits;
}

/** True if a rule of the list has this CID. */
static bool
has_cid(const struct allow *list, uint32_t cid)
{
	while (list != NULL && (list->kind != ALLOW_CID || list->cid != cid))
		list = list->next;
	return list != NULL;
}

bool
allow_match(const struct allow *list, const struct sockaddr *peer)
{
	const struct allow *rule = list;
	uint32_t cid, port;
	struct in6_addr address = IN6ADDR_ANY_INIT;
	const sa_family_t family = address_family(peer);

	if (list == NULL)
		return true;
	if (vsock_read(peer, &cid, &port))
		return has_cid(list, cid);
	if (family == AF_INET)
		address = map(((const struct sockaddr_in *)peer)->sin_addr);
	else if (family == AF_INET6)
		address = ((const struct sockaddr_in6 *)peer)->sin6_addr;
	else
		return false;
	while (rule != NULL && !rule_match(rule, &address))
		rule = rule->next;
	return rule != NULL;
}

enum status
allow_check(const struct allow *list, const char *name, enum allow_kind kind)
{
	const struct allow *rule = list;

	while (rule != NULL && rule->kind != kind)
		rule = rule->next;
	if (list == NULL || rule != NULL)
		return STATUS_OK;
	diag_error(name, "--allow names no %s, so nobody could connect",
	    kind == ALLOW_CID ? "vsock:CID" : "IPv4 or IPv6 address");
	return STATUS_USAGE;
}

void
allow_free(struct allow *list)
{
	while (list != NULL) {
		struct allow *next = list->next;

		free(list);
		list = next;
	}
}
