#include "base/service_host.h"

#include <string.h>
#include <strings.h>

struct service_host {
    const char *name;
    const char *api; /* of an accounts server; NULL: it is none */
};

#define DATA_CENTRE(accounts, domain)                                                                  \
    {accounts, "www.zohoapis." domain}, {"www.zohoapis." domain, NULL}, {"zohoapis." domain, NULL},    \
        {"sandbox.zohoapis." domain, NULL},                                                            \
    {                                                                                                  \
        "developer.zohoapis." domain, NULL                                                             \
    }

static const struct service_host hosts[] = {
    DATA_CENTRE("accounts.zoho.com", "com"),
    DATA_CENTRE("accounts.zoho.eu", "eu"),
    DATA_CENTRE("accounts.zoho.in", "in"),
    DATA_CENTRE("accounts.zoho.com.au", "com.au"),
    DATA_CENTRE("accounts.zoho.jp", "jp"),
    DATA_CENTRE("accounts.zoho.com.cn", "com.cn"),
    DATA_CENTRE("accounts.zohocloud.ca", "ca"),
    DATA_CENTRE("accounts.zoho.sa", "sa"),
    /* Canada's accounts server has a domain of its own, and this is what the others' rule makes of it.
     */
    {"accounts.zoho.ca", "www.zohoapis.ca"},
};

const char *service_host(size_t index)
{
    return index < COUNT(hosts) ? hosts[index].name : NULL;
}

static const struct service_host *find(const char *text, size_t length)
{
    for (size_t i = 0; i < COUNT(hosts); i++)
        if (strlen(hosts[i].name) == length && strncasecmp(hosts[i].name, text, length) == 0)
            return &hosts[i];
    return NULL;
}

bool service_host_is(const char *text, size_t length)
{
    return find(text, length) != NULL;
}

const char *service_host_api(const char *text, size_t length)
{
    const struct service_host *host = find(text, length);
    return host != NULL ? host->api : NULL;
}
