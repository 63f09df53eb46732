/*
 * A baseline in C: one convolution, the largest value along the sequence, one dense layer. Trained once, then found.
 *
 * Messages are JSON. This reads the few numbers that it needs by name; use a JSON library where you need more.
 */
#include "genomenas_plugin.h"

#include <stdio.h>

struct strategy {
    long long length, labels; /* of the data */
    int proposed;             /* all that changes during a run: what `save` saves */
};

/* The number after `"key":` in a message that has such a key once; -1 where it is not there. */
static long long number(genomenas_slice message, const char *key)
{
    size_t length = strlen(key);
    for (size_t at = 0; at + length + 3 < message.length; at++) {
        const uint8_t *here = message.data + at;
        if (here[0] != '"' || memcmp(here + 1, key, length) || here[length + 1] != '"' || here[length + 2] != ':')
            continue;
        long long value = 0;
        const uint8_t *digit = here + length + 3, *end = message.data + message.length;
        if (digit == end || *digit < '0' || *digit > '9')
            continue;
        for (; digit < end && *digit >= '0' && *digit <= '9'; digit++) {
            if (value > 1000000000000000000LL / 10)
                return -1;
            value = value * 10 + (*digit - '0');
        }
        return value;
    }
    return -1;
}

static void *create(genomenas_slice id, genomenas_slice setup, genomenas_reply *why)
{
    if (id.length != strlen("c-baseline") || memcmp(id.data, "c-baseline", id.length)) {
        *why = genomenas_refuse(GENOMENAS_INVALID, "this plugin has the strategy `c-baseline` only");
        return NULL;
    }
    struct strategy *self = calloc(1, sizeof *self);
    if (!self) {
        *why = genomenas_refuse(GENOMENAS_FAILED, "no memory for an instance");
        return NULL;
    }
    self->length = number(setup, "length");
    self->labels = number(setup, "labels");
    if (self->length < 15 || self->labels < 1) {
        *why = genomenas_refuse(GENOMENAS_INVALID, "the windows have to have 15 bases or more, and the data a label");
        free(self);
        return NULL;
    }
    return self;
}

/* The candidate's network, which a trial and a finding have alike. */
#define NETWORK                                                                                                       \
    "{\"type\":\"architecture\",\"architecture\":{\"format\":\"genomenas-architecture\",\"version\":1,"               \
    "\"name\":\"c-baseline\",\"input\":[4,%lld],\"output\":\"out\",\"nodes\":["                                       \
    "{\"name\":\"conv\",\"op\":{\"type\":\"conv1d\",\"out_channels\":32,\"kernel\":15},\"inputs\":[\"input\"]},"      \
    "{\"name\":\"relu\",\"op\":{\"type\":\"activation\",\"function\":\"relu\"},\"inputs\":[\"conv\"]},"               \
    "{\"name\":\"pool\",\"op\":{\"type\":\"global_max_pool\"},\"inputs\":[\"relu\"]},"                                \
    "{\"name\":\"out\",\"op\":{\"type\":\"linear\",\"out_features\":%lld},\"inputs\":[\"pool\"]}]}}"

static genomenas_reply propose(void *at, genomenas_slice ask)
{
    struct strategy *self = at;
    long long remaining = number(ask, "remaining");
    if (remaining < 0)
        return genomenas_refuse(GENOMENAS_INVALID, "the ask cannot be read: `remaining` is missing");
    const char *format;
    if (!self->proposed && remaining > 0)
        format = "{\"type\":\"trials\",\"trials\":[{\"work\":\"train\",\"plan\":{\"epochs\":3},\"network\":" NETWORK "}]}";
    else if (self->proposed)
        format = "{\"type\":\"finish\",\"finding\":{\"best\":{\"trial\":0,\"network\":" NETWORK "}}}";
    else
        format = "{\"type\":\"finish\",\"finding\":{\"best\":{\"network\":" NETWORK "}}}";
    size_t room = strlen(format) + 64;
    char *reply = malloc(room);
    if (!reply)
        return genomenas_bytes(NULL, 0);
    int length = snprintf(reply, room, format, self->length, self->labels);
    /* Changed last: a hook that fails leaves the state as it was. */
    self->proposed = self->proposed || remaining > 0;
    return genomenas_bytes(reply, (size_t)length);
}

static genomenas_reply update(void *at, genomenas_slice report)
{
    (void)at;
    if (number(report, "trial") < 0)
        return genomenas_refuse(GENOMENAS_INVALID, "the report cannot be read: `trial` is missing");
    return genomenas_text("");
}

static genomenas_reply discard(void *at, genomenas_slice report)
{
    (void)at, (void)report;
    return genomenas_text("[]");
}

static genomenas_reply save(const void *at)
{
    const struct strategy *self = at;
    return genomenas_text(self->proposed ? "proposed" : "begun");
}

static genomenas_reply load(void *at, genomenas_slice state)
{
    struct strategy *self = at;
    if (state.length == 8 && !memcmp(state.data, "proposed", 8))
        self->proposed = 1;
    else if (state.length == 5 && !memcmp(state.data, "begun", 5))
        self->proposed = 0;
    else
        return genomenas_refuse(GENOMENAS_INVALID, "the saved state cannot be read: expected `begun` or `proposed`");
    return genomenas_text("");
}

static const genomenas_hooks hooks = { create, free, propose, update, discard, save, load };

#if defined(__x86_64__)
#define ARCHITECTURE "x86_64"
#elif defined(__aarch64__)
#define ARCHITECTURE "aarch64"
#endif

GENOMENAS_EXPORT(
    GENOMENAS_RECORD("{\"record\":\"plugin\",\"format\":\"genomenas-plugin/1\",\"abi\":1,\"protocol\":\"1.3\","
                     "\"id\":\"c-strategy\",\"version\":\"0.1.0\",\"license\":\"MIT\","
                     "\"description\":\"A baseline in C.\",\"authors\":\"The genomenas developers\"}")
    GENOMENAS_RECORD("{\"record\":\"strategy\",\"id\":\"c-baseline\",\"kind\":\"baseline\","
                     "\"about\":\"One convolution and one dense layer, written in C.\",\"needs\":[],"
                     "\"parameters\":{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}}"),
    hooks);
