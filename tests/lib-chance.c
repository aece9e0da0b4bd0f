#include "config.h"

#include "lib-chance.h"
#include "lib-job.h"

uint64_t random_state;

static uint64_t
random_bits(void)
{
	/* splitmix64 */
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
pick(size_t below)
{
	return (size_t)(random_bits() % below);
}

bool
one_in(size_t n)
{
	return pick(n) == 0;
}

size_t
pick_size(size_t large)
{
	static const size_t sizes[] = { 1, 50, 5000, 5000, 40000 };

	return pick(one_in(8) ? large : sizes[pick(COUNT(sizes))]);
}

bool
run_group(size_t size, bool (*run_one)(void), uint64_t *seed)
{
	int before = count_open();
	size_t good = 0;

	for (size_t i = 0; i < size; i++, ++*seed) {
		good += run_one();
		shut_all();
	}
	CHECK(good == size);
	CHECK(count_open() == before);
	return true;
}
