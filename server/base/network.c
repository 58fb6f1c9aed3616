#include "base/network.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

enum { BYTES = 16, V4_BYTES = 4, V4_AT = BYTES - V4_BYTES, BITS_A_BYTE = 8 };

/* Every address as IPv6 has it, and how many of its bits count. */
struct network {
    unsigned char bytes[BYTES];
    unsigned bits;
};

static const unsigned char v4_front[V4_AT] = {[10] = 0xff, [11] = 0xff};

/* "/8"; nothing: all of them. */
static bool read_bits(const char *text, size_t length, unsigned most, unsigned *bits)
{
    *bits = most;
    if (length == 0)
        return true;
    if (length < 2 || length > 4)
        return false;
    *bits = 0;
    for (size_t i = 1; i < length; i++) {
        if (!g_ascii_isdigit(text[i]))
            return false;
        *bits = *bits * 10 + (unsigned)(text[i] - '0');
    }
    return *bits <= most;
}

static bool read_address(const char *text, struct network *network, unsigned *front)
{
    *network = (struct network){.bits = 0};
    if (inet_pton(AF_INET6, text, network->bytes) == 1) {
        *front = 0;
        return true;
    }
    memcpy(network->bytes, v4_front, sizeof v4_front);
    *front = V4_AT * BITS_A_BYTE;
    return inet_pton(AF_INET, text, network->bytes + V4_AT) == 1;
}

static bool read_network(const char *text, size_t length, struct network *network)
{
    char address[INET6_ADDRSTRLEN];
    unsigned front, bits;
    const char *slash = memchr(text, '/', length);
    size_t count = slash != NULL ? (size_t)(slash - text) : length;
    if (count >= sizeof address)
        return false;
    memcpy(address, text, count);
    address[count] = '\0';
    if (!read_address(address, network, &front) ||
        !read_bits(text + count, length - count, BYTES * BITS_A_BYTE - front, &bits))
        return false;
    network->bits = front + bits;
    return true;
}

bool network_is_one(const char *text, size_t length)
{
    struct network network;
    return read_network(text, length, &network);
}

static bool bytes_of(const struct sockaddr *address, unsigned char bytes[BYTES])
{
    if (address->sa_family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, BYTES);
        return true;
    }
    memcpy(bytes, v4_front, sizeof v4_front);
    if (address->sa_family == AF_INET)
        memcpy(bytes + V4_AT, &((const struct sockaddr_in *)(const void *)address)->sin_addr, V4_BYTES);
    return address->sa_family == AF_INET;
}

bool network_has(const char *text, size_t length, const struct sockaddr *address)
{
    struct network network;
    unsigned char bytes[BYTES];
    if (!read_network(text, length, &network) || !bytes_of(address, bytes))
        return false;
    for (unsigned bit = 0; bit < network.bits; bit++) {
        unsigned char mask = (unsigned char)(0x80U >> (bit % BITS_A_BYTE));
        if (((bytes[bit / BITS_A_BYTE] ^ network.bytes[bit / BITS_A_BYTE]) & mask) != 0)
            return false;
    }
    return true;
}
