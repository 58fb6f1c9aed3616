/* Mutations of JSON inputs that leave them JSON, so that more than the parser sees them. */
#ifndef CRMOCK_FUZZ_JSON_H
#define CRMOCK_FUZZ_JSON_H

#include <stddef.h>

/* What libFuzzer looks for, and what it offers. */
size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const unsigned char *one, size_t one_size, const unsigned char *other,
                                 size_t other_size, unsigned char *out, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(unsigned char *data, size_t size, size_t most);

/* The same for a text that is JSON, or is then mutated as bytes. */
size_t fuzz_json_mutate(unsigned char *text, size_t size, size_t most, unsigned seed);
/* Brings something of the other text into the first. 0: nothing fits. */
size_t fuzz_json_cross(const unsigned char *one, size_t one_size, const unsigned char *other,
                       size_t other_size, unsigned char *out, size_t most, unsigned seed);

#endif
