/*
 * A genomenas plugin in C: the binary interface of generation 1, as ABI.md describes it, and what turns five functions
 * into a plugin. Include it in one C file of the library, write the functions of `genomenas_hooks`, and end with
 * GENOMENAS_EXPORT. C11 with GCC or Clang, a 64-bit little-endian target with ELF libraries.
 *
 * Part 1 is what crosses the boundary, byte for byte. Part 2 is what an author writes. Part 3 is the glue between them.
 */
#ifndef GENOMENAS_PLUGIN_H
#define GENOMENAS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GENOMENAS_ABI 1

/* ---- Part 1: what crosses ------------------------------------------------------------------------------------ */

/* Bytes or UTF-8 that belong to the caller; valid during the call only. */
typedef struct {
    const uint8_t *data;
    size_t length;
} genomenas_slice;

/* Bytes or UTF-8 that belong to whoever holds them, with the functions of the side that allocated them. */
typedef struct genomenas_vec {
    uint8_t *buffer; /* never NULL, also where nothing is in it */
    size_t length;
    size_t capacity;
    const struct genomenas_vec_table *table;
} genomenas_vec;

/* Says whether two allocations are of one library. */
typedef struct {
    const void *library; /* an address that only this library has */
    uint8_t type[16];
} genomenas_type_id;

struct genomenas_vec_table {
    uint64_t accessible; /* a bit a field */
    const void *layout;
    genomenas_type_id (*type_id)(void);
    void (*destroy)(genomenas_vec *);
    void (*grow)(genomenas_vec *, size_t capacity, uint8_t exactness);
    void (*shrink)(genomenas_vec *);
};

typedef struct {
    uint32_t code;
    genomenas_vec message; /* UTF-8 */
} genomenas_error;

enum { GENOMENAS_OK = 0, GENOMENAS_ERR = 1 };

/* What every hook returns. */
typedef struct {
    uint8_t tag; /* GENOMENAS_OK or GENOMENAS_ERR */
    union {
        genomenas_vec ok;
        genomenas_error err;
    } as;
} genomenas_result;

typedef struct {
    void *data;
    const void *table;
} genomenas_box;

/* The parts of the object's table that are of no strategy. */
struct genomenas_object_table {
    uint64_t accessible;
    const void *layout;
    struct { uint8_t tag; genomenas_type_id id; } (*type_id)(void);
    void (*drop)(genomenas_box *);
    void (*clone)(void);   /* NULL: there is none */
    void (*debug)(void);   /* NULL */
    void (*display)(void); /* NULL */
};

struct genomenas_strategy_table {
    uint64_t accessible;
    const void *layout;
    const struct genomenas_object_table *object;
    genomenas_result (*propose)(void *self, genomenas_slice ask);
    genomenas_result (*update)(void *self, genomenas_slice report);
    genomenas_result (*discard)(void *self, genomenas_slice report);
    genomenas_result (*save)(const void *self);
    genomenas_result (*load)(void *self, genomenas_slice state);
    genomenas_result (*extension)(void *self, genomenas_slice name, genomenas_slice body);
};

/* One strategy at work. */
typedef struct {
    const struct genomenas_strategy_table *table;
    genomenas_box self;
} genomenas_object;

/* What `create` returns. */
typedef struct {
    uint8_t tag;
    union {
        genomenas_object ok;
        genomenas_error err;
    } as;
} genomenas_created;

struct genomenas_root {
    uint64_t accessible;
    const void *layout;
    genomenas_vec (*manifest)(void);
    genomenas_created (*create)(genomenas_slice strategy, genomenas_slice setup);
};

/* Fifteen functions by which the host finds out whether both sides pass small structs alike. */
typedef struct { uint16_t a; } genomenas_one;
typedef struct { uint16_t a, b; } genomenas_two;
typedef struct { genomenas_one a, b; } genomenas_pairs;
struct genomenas_calls {
    uint32_t (*take_pair[2])(genomenas_one);
    genomenas_one (*return_pair[2])(uint32_t);
    uint64_t (*take_triple[3])(genomenas_two);
    genomenas_two (*return_triple[3])(uint64_t);
    uint64_t (*take_two_pairs[2])(genomenas_one, genomenas_one);
    genomenas_pairs (*return_two_pairs[2])(uint64_t);
    uint64_t (*mixed)(uint16_t, uint16_t, uint16_t, uint16_t);
};

typedef struct {
    uint8_t tag;
    const struct genomenas_root *root;
    const void *error[3];
} genomenas_loaded;

/* What the symbol of a plugin is. */
struct genomenas_header {
    uint8_t magic[32];
    uint32_t major, minor;
    genomenas_slice base_name, name, version;
    struct { uint8_t tag; const void *layout; } checked; /* tag 1: no description of layouts; the host checks none */
    const struct genomenas_calls *calls;
    void (*globals)(const void *);
    struct { const struct genomenas_root *root; size_t lock; const void *lock_table; } module;
    genomenas_loaded (*load)(void);
};

_Static_assert(sizeof(void *) == 8, "generation 1 is defined for 64-bit targets");
_Static_assert(sizeof(genomenas_slice) == 16 && sizeof(genomenas_vec) == 32, "slice, vec");
_Static_assert(sizeof(genomenas_error) == 40 && offsetof(genomenas_error, message) == 8, "error");
_Static_assert(sizeof(genomenas_result) == 48 && offsetof(genomenas_result, as) == 8, "result");
_Static_assert(sizeof(genomenas_object) == 24 && sizeof(genomenas_created) == 48, "object");
_Static_assert(sizeof(genomenas_loaded) == 40, "loaded");
_Static_assert(sizeof(struct genomenas_header) == 152, "header");
_Static_assert(offsetof(struct genomenas_header, module) == 120, "header");

/* ---- Part 2: what an author writes --------------------------------------------------------------------------- */

/* Codes of errors; see ABI.md. 0 stands for none and never crosses. */
enum {
    GENOMENAS_FAILED = 1,      /* the strategy cannot go on */
    GENOMENAS_INVALID = 2,     /* a message, a parameter or a state that cannot be used */
    GENOMENAS_UNSUPPORTED = 3, /* an extension that this plugin does not have */
};

/* What a hook answers: bytes that malloc returned, or none; or a code and a message. Made by the three below. */
typedef struct {
    uint32_t code;
    char *bytes;
    size_t length;
} genomenas_reply;

/* Hands over `bytes`, which malloc returned; they are freed for you. */
static inline genomenas_reply genomenas_bytes(char *bytes, size_t length)
{
    genomenas_reply reply = { bytes ? 0 : GENOMENAS_FAILED, bytes, bytes ? length : 0 };
    return reply;
}

/* A copy of a text, with or without its end in JSON. */
static inline genomenas_reply genomenas_text(const char *text)
{
    size_t length = strlen(text);
    char *bytes = malloc(length + 1);
    if (bytes)
        memcpy(bytes, text, length + 1);
    return genomenas_bytes(bytes, length);
}

/* An error: a code above, and a sentence of UTF-8. */
static inline genomenas_reply genomenas_refuse(uint32_t code, const char *message)
{
    genomenas_reply reply = genomenas_text(message);
    reply.code = code ? code : GENOMENAS_FAILED;
    return reply;
}

/* The five hooks of a strategy, and its beginning and end. Messages are those of PROTOCOL.md. */
typedef struct {
    /* Makes an instance of the strategy with this id from a setup; on NULL, `*why` says why. */
    void *(*create)(genomenas_slice strategy, genomenas_slice setup, genomenas_reply *why);
    void (*drop)(void *self);
    genomenas_reply (*propose)(void *self, genomenas_slice ask);    /* a proposal */
    genomenas_reply (*update)(void *self, genomenas_slice report);  /* nothing: genomenas_text("") */
    genomenas_reply (*discard)(void *self, genomenas_slice report); /* a list of discards: "[]" */
    genomenas_reply (*save)(const void *self);                      /* bytes of your own choice */
    genomenas_reply (*load)(void *self, genomenas_slice state);     /* nothing */
} genomenas_hooks;

/* The records of the manifest, each between a record separator and a line feed. */
#define GENOMENAS_RECORD(json) "\x1e" json "\n"

/*
 * Makes a plugin of these records (a string literal) and these hooks. Once in a library.
 */
#define GENOMENAS_EXPORT(records, hooks)                                                                              \
    __attribute__((section(".genomenas"), used)) static const char genomenas_section[] = records;                     \
    static genomenas_vec genomenas_manifest(void)                                                                     \
    {                                                                                                                 \
        return genomenas_vec_of(genomenas_text(genomenas_section));                                                   \
    }                                                                                                                 \
    static genomenas_created genomenas_create(genomenas_slice strategy, genomenas_slice setup)                        \
    {                                                                                                                 \
        return genomenas_created_of(&(hooks), strategy, setup);                                                       \
    }                                                                                                                 \
    static const struct genomenas_root genomenas_root_module = { 3, &genomenas_no_layout, genomenas_manifest,         \
                                                                 genomenas_create };                                  \
    static genomenas_loaded genomenas_load(void)                                                                      \
    {                                                                                                                 \
        genomenas_loaded loaded = { GENOMENAS_OK, &genomenas_root_module, { 0 } };                                    \
        return loaded;                                                                                                \
    }                                                                                                                 \
    __attribute__((visibility("default"), used)) struct genomenas_header _1as_0lib_1header_0root_bmodule_bloader = {  \
        .magic = GENOMENAS_MAGIC,                                                                                     \
        .major = 0,                                                                                                   \
        .minor = 11,                                                                                                  \
        .base_name = GENOMENAS_NAME("genomenas_plugin"),                                                              \
        .name = GENOMENAS_NAME("genomenas_plugin"),                                                                   \
        .version = GENOMENAS_NAME("1.0.0"),                                                                           \
        .checked = { 1, 0 },                                                                                          \
        .calls = &genomenas_call_table,                                                                               \
        .globals = genomenas_ignore,                                                                                  \
        .module = { &genomenas_root_module, 0, &genomenas_no_layout },                                                \
        .load = genomenas_load,                                                                                       \
    }

/* ---- Part 3: the glue ---------------------------------------------------------------------------------------- */

/* 32 characters without an end: "abi stable library for Rust" and five spaces. */
#define GENOMENAS_MAGIC                                                                                               \
    { 'a', 'b', 'i', ' ', 's', 't', 'a', 'b', 'l', 'e', ' ', 'l', 'i', 'b', 'r', 'a',                                \
      'r', 'y', ' ', 'f', 'o', 'r', ' ', 'R', 'u', 's', 't', ' ', ' ', ' ', ' ', ' ' }
#define GENOMENAS_NAME(text) { (const uint8_t *)(text), sizeof(text) - 1 }

/* Stands where a Rust plugin has the description of a layout, which is for messages about layouts that differ. */
static const uint64_t genomenas_no_layout[64] = { 0 };

static void genomenas_ignore(const void *globals)
{
    (void)globals;
}

static genomenas_type_id genomenas_type(void)
{
    genomenas_type_id id = { &genomenas_no_layout, { 0 } };
    return id;
}

static void genomenas_destroy(genomenas_vec *vec)
{
    free(vec->buffer);
}

static void genomenas_resize(genomenas_vec *vec, size_t capacity)
{
    uint8_t *buffer = realloc(vec->buffer, capacity ? capacity : 1);
    if (!buffer)
        abort(); /* the interface has no other way to say so */
    vec->buffer = buffer;
    vec->capacity = capacity;
}

static void genomenas_grow(genomenas_vec *vec, size_t capacity, uint8_t exactness)
{
    (void)exactness;
    if (capacity > vec->capacity)
        genomenas_resize(vec, capacity);
}

static void genomenas_shrink(genomenas_vec *vec)
{
    genomenas_resize(vec, vec->length);
}

static const struct genomenas_vec_table genomenas_vecs = { 15, &genomenas_no_layout, genomenas_type,
                                                           genomenas_destroy, genomenas_grow, genomenas_shrink };

static genomenas_vec genomenas_vec_of(genomenas_reply reply)
{
    genomenas_vec vec = { (uint8_t *)reply.bytes, reply.length, reply.length, &genomenas_vecs };
    if (!vec.buffer) {
        vec.length = vec.capacity = 0;
        vec.buffer = malloc(1);
        if (!vec.buffer)
            abort();
    }
    return vec;
}

static genomenas_result genomenas_result_of(genomenas_reply reply)
{
    genomenas_result result;
    memset(&result, 0, sizeof result);
    if (reply.code) {
        result.tag = GENOMENAS_ERR;
        result.as.err.code = reply.code;
        result.as.err.message = genomenas_vec_of(reply);
    } else {
        result.as.ok = genomenas_vec_of(reply);
    }
    return result;
}

struct genomenas_instance {
    const genomenas_hooks *hooks;
    void *self;
};

static genomenas_result genomenas_propose(void *at, genomenas_slice ask)
{
    struct genomenas_instance *instance = at;
    return genomenas_result_of(instance->hooks->propose(instance->self, ask));
}

static genomenas_result genomenas_update(void *at, genomenas_slice report)
{
    struct genomenas_instance *instance = at;
    return genomenas_result_of(instance->hooks->update(instance->self, report));
}

static genomenas_result genomenas_discard(void *at, genomenas_slice report)
{
    struct genomenas_instance *instance = at;
    return genomenas_result_of(instance->hooks->discard(instance->self, report));
}

static genomenas_result genomenas_save(const void *at)
{
    const struct genomenas_instance *instance = at;
    return genomenas_result_of(instance->hooks->save(instance->self));
}

static genomenas_result genomenas_load_state(void *at, genomenas_slice state)
{
    struct genomenas_instance *instance = at;
    return genomenas_result_of(instance->hooks->load(instance->self, state));
}

static genomenas_result genomenas_extension(void *at, genomenas_slice name, genomenas_slice body)
{
    (void)at, (void)name, (void)body;
    return genomenas_result_of(genomenas_refuse(GENOMENAS_UNSUPPORTED, "this plugin has no extensions"));
}

static __typeof__(((struct genomenas_object_table *)0)->type_id()) genomenas_no_type(void)
{
    __typeof__(((struct genomenas_object_table *)0)->type_id()) none = { 1, { 0, { 0 } } };
    return none;
}

static void genomenas_drop(genomenas_box *at)
{
    struct genomenas_instance *instance = at->data;
    instance->hooks->drop(instance->self);
    free(instance);
}

static const struct genomenas_object_table genomenas_objects = { 63, &genomenas_no_layout, genomenas_no_type,
                                                                 genomenas_drop, 0, 0, 0 };

static const struct genomenas_strategy_table genomenas_strategies = {
    255,                  &genomenas_no_layout, &genomenas_objects, genomenas_propose,   genomenas_update,
    genomenas_discard,    genomenas_save,       genomenas_load_state, genomenas_extension,
};

static genomenas_created genomenas_created_of(const genomenas_hooks *hooks, genomenas_slice strategy,
                                              genomenas_slice setup)
{
    genomenas_created created;
    genomenas_reply why = { 0, 0, 0 };
    struct genomenas_instance *instance = malloc(sizeof *instance);
    memset(&created, 0, sizeof created);
    if (instance) {
        instance->hooks = hooks;
        instance->self = hooks->create(strategy, setup, &why);
    }
    if (!instance || !instance->self) {
        free(instance);
        created.tag = GENOMENAS_ERR;
        created.as.err.code = why.code ? why.code : GENOMENAS_FAILED;
        created.as.err.message = genomenas_vec_of(why);
        return created;
    }
    created.as.ok.table = &genomenas_strategies;
    created.as.ok.self.data = instance;
    created.as.ok.self.table = &genomenas_no_layout;
    return created;
}

static uint32_t genomenas_take_pair_a(genomenas_one a) { return a.a; }
static uint32_t genomenas_take_pair_b(genomenas_one a) { return (uint32_t)a.a << 16; }
static genomenas_one genomenas_return_pair_a(uint32_t n) { genomenas_one a = { (uint16_t)n }; return a; }
static genomenas_one genomenas_return_pair_b(uint32_t n) { genomenas_one a = { (uint16_t)(n >> 16) }; return a; }
static uint64_t genomenas_take_triple_a(genomenas_two a) { return ((uint64_t)a.a << 16) + ((uint64_t)a.b << 32); }
static uint64_t genomenas_take_triple_b(genomenas_two a) { return a.a + ((uint64_t)a.b << 32); }
static uint64_t genomenas_take_triple_c(genomenas_two a) { return a.a + ((uint64_t)a.b << 16); }
static genomenas_two genomenas_return_triple_a(uint64_t n)
{
    genomenas_two a = { (uint16_t)(n >> 16), (uint16_t)(n >> 32) };
    return a;
}
static genomenas_two genomenas_return_triple_b(uint64_t n)
{
    genomenas_two a = { (uint16_t)n, (uint16_t)(n >> 32) };
    return a;
}
static genomenas_two genomenas_return_triple_c(uint64_t n)
{
    genomenas_two a = { (uint16_t)n, (uint16_t)(n >> 16) };
    return a;
}
static uint64_t genomenas_take_two_a(genomenas_one a, genomenas_one b)
{
    return ((uint64_t)a.a << 16) + ((uint64_t)b.a << 48);
}
static uint64_t genomenas_take_two_b(genomenas_one a, genomenas_one b) { return a.a + ((uint64_t)b.a << 32); }
static genomenas_pairs genomenas_return_two_a(uint64_t n)
{
    genomenas_pairs a = { { (uint16_t)(n >> 16) }, { (uint16_t)(n >> 48) } };
    return a;
}
static genomenas_pairs genomenas_return_two_b(uint64_t n)
{
    genomenas_pairs a = { { (uint16_t)n }, { (uint16_t)(n >> 32) } };
    return a;
}
static uint64_t genomenas_mixed(uint16_t a, uint16_t b, uint16_t c, uint16_t d)
{
    return a | (uint64_t)b << 16 | (uint64_t)c << 32 | (uint64_t)d << 48;
}

static const struct genomenas_calls genomenas_call_table = {
    { genomenas_take_pair_a, genomenas_take_pair_b },
    { genomenas_return_pair_a, genomenas_return_pair_b },
    { genomenas_take_triple_a, genomenas_take_triple_b, genomenas_take_triple_c },
    { genomenas_return_triple_a, genomenas_return_triple_b, genomenas_return_triple_c },
    { genomenas_take_two_a, genomenas_take_two_b },
    { genomenas_return_two_a, genomenas_return_two_b },
    genomenas_mixed,
};

#endif
