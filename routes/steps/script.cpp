// script: a few lines of Lua, for what steps and formulas cannot say. It sees the message as paths, `msg["PID-5.1"]`,
// and nothing else: no files, no network, no clock, no chance, nothing kept from one message to the next. Instructions
// and memory are bounded, so that an endless loop costs one message a fault and no lane its life.
//
// Lua raises errors with longjmp. So no function that Lua calls may hold an object with a destructor while it calls
// back into Lua: what they need lives in Host, outside of the protected call.
#include <lua5.4/lua.hpp>

#include <cstdlib>
#include <new>

#include "routes/expr/grammar.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

constexpr int kInstructions = 1'000'000;
constexpr int kSlice = 10'000;  // instructions between two looks at the clock of instructions
constexpr std::size_t kMemory = std::size_t{32} << 20;

// What one run of a script may touch.
struct Host {
  Body* body = nullptr;
  Context* context = nullptr;
  const schema::Dictionary* dictionary = nullptr;
  std::size_t memory = 0;
  bool memory_spent = false;
  int instructions = 0;
  std::string text;  // what is handed to Lua; owned here because Lua may leave without a word
  const char* mistake = nullptr;
  bool own_words = false;  // it ended by error() or assert()

  void read(std::string_view path) {
    const auto named = find(path);
    const auto spots = named ? places(*body->hl7(), *named, *context) : std::vector<hl7::Spot>();
    text = spots.empty() ? std::string() : body->hl7()->text(spots.front());
  }
  void write(std::string_view path, std::string_view value) {
    const auto named = find(path);
    mistake = "this place cannot be written";
    if (!named || named->path.field == 0) return;
    for (const auto& spot : places_to_write(*body->hl7(), *named, *context))
      if (!write_to(*body->hl7(), spot, {std::string(value), false})) return;
    mistake = nullptr;
  }
  lua_Integer count(std::string_view path) {
    auto named = find(path);
    if (!named) return 0;
    if (named->path.segment_pick.kind == hl7::Pick::Kind::implicit)
      named->path.segment_pick.kind = hl7::Pick::Kind::all;
    return static_cast<lua_Integer>(places(*body->hl7(), *named, *context).size());
  }

 private:
  std::optional<NamedPath> find(std::string_view path) {
    auto parsed = hl7::parse_path_with_groups(path);
    mistake = parsed ? nullptr : "this is no path";
    if (!parsed) return std::nullopt;
    return NamedPath{std::move(*parsed), {}, {}, dictionary};
  }
};

void* allocate(void* data, void* block, std::size_t before, std::size_t after) {
  auto& host = *static_cast<Host*>(data);
  if (!block) before = 0;  // then Lua tells what it is for, not how large it was
  if (after == 0) {
    std::free(block);
    host.memory -= before;
    return nullptr;
  }
  if (host.memory - before + after > kMemory) {
    host.memory_spent = true;
    return nullptr;
  }
  void* moved = std::realloc(block, after);
  if (moved) host.memory += after - before;
  return moved;
}

Host& host_of(lua_State* lua) { return **static_cast<Host**>(lua_getextraspace(lua)); }

void count_instructions(lua_State* lua, lua_Debug*) {
  Host& host = host_of(lua);
  host.instructions += kSlice;
  if (host.instructions >= kInstructions) luaL_error(lua, "too many instructions");
}

int read_message(lua_State* lua) {
  std::size_t size = 0;
  const char* path = luaL_checklstring(lua, 2, &size);
  Host& host = host_of(lua);
  host.read({path, size});
  if (host.mistake) return luaL_error(lua, "%s", host.mistake);
  lua_pushlstring(lua, host.text.data(), host.text.size());
  return 1;
}

int write_message(lua_State* lua) {
  std::size_t path_size = 0, size = 0;
  const char* path = luaL_checklstring(lua, 2, &path_size);
  const char* value = lua_isnil(lua, 3) ? "" : luaL_checklstring(lua, 3, &size);
  Host& host = host_of(lua);
  host.write({path, path_size}, {value, size});
  return host.mistake ? luaL_error(lua, "%s", host.mistake) : 0;
}

int count_places(lua_State* lua) {
  std::size_t size = 0;
  const char* path = luaL_checklstring(lua, 1, &size);
  Host& host = host_of(lua);
  const auto count = host.count({path, size});
  if (host.mistake) return luaL_error(lua, "%s", host.mistake);
  lua_pushinteger(lua, count);
  return 1;
}

// string.find without patterns: Lua's own can take for ever, and no count of instructions sees it.
int find_plain(lua_State* lua) {
  std::size_t size = 0, wanted_size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const char* wanted = luaL_checklstring(lua, 2, &wanted_size);
  const auto at = std::string_view(text, size).find(std::string_view(wanted, wanted_size));
  if (at == std::string_view::npos) lua_pushnil(lua);
  else lua_pushinteger(lua, static_cast<lua_Integer>(at) + 1);
  return 1;
}

// Opens a library and leaves in it only what is named.
void open_only(lua_State* lua, const char* name, lua_CFunction open, std::initializer_list<const char*> kept) {
  luaL_requiref(lua, name, open, 0);
  lua_createtable(lua, 0, static_cast<int>(kept.size()));
  for (const char* each : kept) {
    lua_getfield(lua, -2, each);
    lua_setfield(lua, -2, each);
  }
  lua_setglobal(lua, name);
  lua_pop(lua, 1);
}

// error() and assert(), which say whose words they end with: the script's own may have stood in a field.
int end_by_error(lua_State* lua) {
  host_of(lua).own_words = true;
  const auto level = luaL_optinteger(lua, 2, 1);
  lua_settop(lua, 1);
  if (lua_type(lua, 1) == LUA_TSTRING && level > 0) {
    luaL_where(lua, static_cast<int>(level));
    lua_pushvalue(lua, 1);
    lua_concat(lua, 2);
  }
  return lua_error(lua);
}

int end_unless(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (lua_toboolean(lua, 1) != 0) return lua_gettop(lua);
  host_of(lua).own_words = true;
  luaL_where(lua, 1);
  return lua_error(lua);
}

// The whole world of a script. Left out: what reaches outside (io, os, require, load, print), what hides loops from the
// count of instructions (patterns, rep, table.move, metatables with __gc, coroutines), and chance (random).
int prepare(lua_State* lua) {
  luaL_requiref(lua, LUA_GNAME, luaopen_base, 1);
  lua_pop(lua, 1);
  for (const char* name : {"print", "load", "loadfile", "dofile", "collectgarbage", "setmetatable", "getmetatable",
                           "rawset", "rawget", "rawequal", "rawlen", "pcall", "xpcall", "warn"}) {
    lua_pushnil(lua);
    lua_setglobal(lua, name);
  }
  lua_pushcfunction(lua, end_by_error);
  lua_setglobal(lua, "error");
  lua_pushcfunction(lua, end_unless);
  lua_setglobal(lua, "assert");
  open_only(lua, LUA_STRLIBNAME, luaopen_string, {"byte", "char", "format", "len", "lower", "reverse", "sub", "upper"});
  open_only(lua, LUA_TABLIBNAME, luaopen_table, {"concat", "insert", "remove", "sort", "unpack"});
  open_only(lua, LUA_MATHLIBNAME, luaopen_math,
            {"abs", "ceil", "floor", "fmod", "max", "min", "tointeger", "type", "huge", "maxinteger", "mininteger"});
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_pushcfunction(lua, find_plain);
  lua_setfield(lua, -2, "find");
  // Methods of texts, ("x"):upper(), come from the table that is left, not from the whole library.
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_settop(lua, 0);
  lua_newuserdatauv(lua, 0, 0);
  lua_createtable(lua, 0, 2);
  lua_pushcfunction(lua, read_message);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, write_message);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_setglobal(lua, "msg");
  lua_pushcfunction(lua, count_places);
  lua_setglobal(lua, "count");
  return 0;
}

struct Closed {
  void operator()(lua_State* lua) const { lua_close(lua); }
};
using State = std::unique_ptr<lua_State, Closed>;

State open(Host& host) {
  State lua(lua_newstate(allocate, &host));
  if (lua) *static_cast<Host**>(lua_getextraspace(lua.get())) = &host;
  return lua;
}

// The line in "script:12: what went wrong", which is that of the file: the text is loaded with as many empty lines
// before it. 0 when there is none.
int line_of(std::string_view said) {
  constexpr std::string_view kChunk = "script:";
  if (!said.starts_with(kChunk)) return 0;
  return static_cast<int>(std::strtol(said.data() + kChunk.size(), nullptr, 10));
}

std::string_view message_of(lua_State* lua) {
  std::size_t size = 0;
  const char* text = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &size) : nullptr;
  return text ? std::string_view(text, size) : std::string_view();
}

// What may be said of an error. Lua's own words name variables and types; what they quote may have stood in a field.
std::string sayable(std::string_view said, const Host& host) {
  if (host.mistake) return host.mistake;
  if (host.own_words) return "it ended with an error of its own";
  if (line_of(said) != 0) said.remove_prefix(std::min(said.find(": ") + 2, said.size()));
  if (said.starts_with("attempt to ")) return std::string(said);
  if (!said.starts_with("bad argument #")) return "it ended with an error of its own";
  const auto more = said.find(" (");
  const bool quotes = said.find('\'', more) != std::string_view::npos;
  return std::string(said.substr(0, quotes ? more : said.size()));
}

int load(lua_State* lua, const std::string& text) {
  return luaL_loadbufferx(lua, text.data(), text.size(), "=script", "t");
}

class ScriptStep final : public StepBase {
 public:
  ScriptStep(StepHead head, std::string file, std::string text, const schema::Dictionary* dictionary)
      : StepBase(std::move(head)), file_(std::move(file)), text_(std::move(text)), dictionary_(dictionary) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    if (!hl7_of(body, verdict)) return verdict;
    Host host;
    host.body = &body;
    host.context = &context;
    host.dictionary = dictionary_;
    const auto lua = open(host);
    if (!lua) return fault_of(FaultCode::step_limit, "there is no memory to run the script");
    lua_pushcfunction(lua.get(), prepare);
    bool good = lua_pcall(lua.get(), 0, 0, 0) == LUA_OK && load(lua.get(), text_) == LUA_OK;
    lua_sethook(lua.get(), count_instructions, LUA_MASKCOUNT, kSlice);
    good = good && lua_pcall(lua.get(), 0, 0, 0) == LUA_OK;
    if (good) return {};
    const bool endless = host.instructions >= kInstructions;
    const auto why = endless             ? std::string("the script ran more than a million instructions")
                     : host.memory_spent ? std::string("the script wanted more than 32 MiB")
                                         : "the script failed: " + sayable(message_of(lua.get()), host);
    auto failed = fault_of(endless || host.memory_spent ? FaultCode::step_limit : FaultCode::bad_value, why);
    if (const int line = line_of(message_of(lua.get())); line != 0)
      failed.fault->place = file_ + ":" + std::to_string(line);
    return failed;
  }

 private:
  std::string file_, text_;
  const schema::Dictionary* dictionary_;
};

}  // namespace

std::shared_ptr<const Step> build_script(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (!item.value.is_scalar() || item.value.text().ends_with(".lua")) {
    diagnostics.add("C0112", item.value.place(), "`script` needs the lines of Lua themselves",
                    "script: | and below it the lines, further to the right");
    return nullptr;
  }
  const auto first = item.value.place_of(0, 1);
  std::string text(static_cast<std::size_t>(first.line > 0 ? first.line - 1 : 0), '\n');
  text += item.value.text();
  Host host;
  const auto lua = open(host);
  if (!lua || load(lua.get(), text) != LUA_OK) {
    const auto said = lua ? message_of(lua.get()) : std::string_view(": no memory");
    auto place = first;
    if (const int line = line_of(said); line != 0) place.line = line;
    diagnostics.add("C0103", place, "this script cannot be read: " + std::string(said.substr(said.find(": ") + 2)));
    return nullptr;
  }
  diagnostics.add("H0201", item.key_place, "nothing in a script is checked before it runs",
                  "a test of the channel should go through it");
  return std::make_shared<ScriptStep>(std::move(item.head), first.source ? first.source->path() : std::string(),
                                      std::move(text),
                                      workshop.scope.grammar ? workshop.scope.grammar->dictionary() : nullptr);
}

}  // namespace myelin::routes
