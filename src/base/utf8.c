#include "config.h"

#include "utf8.h"

long
utf8_decode(const char *at, size_t *length)
{
	static const long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *text = (const unsigned char *)at;
	long character = *text;

	*length = *text < 0x80 ? 1 : *text < 0xc0 ? 0 : *text < 0xe0 ? 2 :
	    *text < 0xf0 ? 3 : *text < 0xf8 ? 4 : 0;
	if (*length > 1)
		character &= 0x7f >> *length;
	for (size_t i = 1; i < *length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return -1;	/* also at the final NUL */
		character = character << 6 | (text[i] & 0x3f);
	}
	if (*length == 0 || character < least[*length] ||
	    character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return -1;
	return character;
}

bool
utf8_is_control(long character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
	    (character >= 0x202a && character <= 0x202e) ||
	    (character >= 0x2066 && character <= 0x2069);
}
