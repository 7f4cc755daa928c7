// The addon's entrance: hands every Binding to JavaScript. Holds no state per environment, so it may be loaded by any
// number of worker threads, or twice.
#include "napi.h"

#include <cstdio>
#include <exception>

namespace residua {
namespace {

const Binding*& first_binding() {
  static const Binding* first = nullptr;
  return first;
}

napi_value invoke(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const Binding* binding = static_cast<const Binding*>(data);
  try {
    Call call(env, info, binding->name);
    binding->function(call);
    return call.result();
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "OUT_OF_MEMORY", "native: expected memory for a work buffer, got none. Use smaller batches.");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

const char* type_name(napi_typedarray_type type) {
  switch (type) {
    case napi_float32_array: return "Float32Array";
    case napi_int32_array: return "Int32Array";
    case napi_uint8_array: return "Uint8Array";
    case napi_float64_array: return "Float64Array";
    default: return "another typed array";
  }
}

}  // namespace

Binding::Binding(const char* n, void (*f)(Call&)) : name(n), function(f), next(first_binding()) { first_binding() = this; }

Call::Call(napi_env env, napi_callback_info info, const char* name) : env_(env), name_(name) {
  napi_get_cb_info(env, info, &count_, arguments_, nullptr, nullptr);
}

void Call::refuse(const std::string& why) const { throw std::invalid_argument(std::string(name_) + ": " + why); }

void* Call::array(int index, const char* what, napi_typedarray_type type, int64_t* length, bool optional) {
  napi_value value = arguments_[index];
  napi_valuetype kind = napi_undefined;
  if ((size_t)index < count_) napi_typeof(env_, value, &kind);
  if (optional && (kind == napi_undefined || kind == napi_null)) return nullptr;
  return typed_array(value, what, type, length);
}

void* Call::typed_array(napi_value value, const char* what, napi_typedarray_type type, int64_t* length) {
  bool typed = false;
  napi_is_typedarray(env_, value, &typed);
  if (!typed) refuse(std::string("expected ") + what + " as " + type_name(type) + ", got something else");
  napi_typedarray_type found;
  size_t elements = 0;
  void* data = nullptr;
  napi_get_typedarray_info(env_, value, &found, &elements, &data, nullptr, nullptr);
  if (found != type) refuse(std::string("expected ") + what + " as " + type_name(type) + ", got " + type_name(found));
  if (*length >= 0 && (int64_t)elements != *length) {
    refuse(std::string("expected ") + what + " of " + std::to_string(*length) + " elements, got " +
           std::to_string(elements));
  }
  *length = (int64_t)elements;
  // An empty array may have no address; callers tell "absent" from "empty" by it.
  static float nothing[1];
  return data ? data : nothing;
}

float* Call::floats(int index, const char* what, int64_t length) {
  return static_cast<float*>(array(index, what, napi_float32_array, &length, false));
}

double* Call::doubles(int index, const char* what, int64_t length) {
  return static_cast<double*>(array(index, what, napi_float64_array, &length, false));
}

double* Call::optional_doubles(int index, const char* what, int64_t length) {
  return static_cast<double*>(array(index, what, napi_float64_array, &length, true));
}

float* Call::optional_floats(int index, const char* what, int64_t length) {
  return static_cast<float*>(array(index, what, napi_float32_array, &length, true));
}

std::vector<float*> Call::float_lists(int index, const char* what, int64_t length) {
  bool is_list = false;
  if ((size_t)index < count_) napi_is_array(env_, arguments_[index], &is_list);
  if (!is_list) refuse(std::string("expected ") + what + " as an array of Float32Arrays, got something else");
  uint32_t count = 0;
  napi_get_array_length(env_, arguments_[index], &count);
  std::vector<float*> lists(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value value;
    napi_get_element(env_, arguments_[index], i, &value);
    lists[i] = static_cast<float*>(typed_array(value, what, napi_float32_array, &length));
  }
  return lists;
}

int32_t* Call::ints(int index, const char* what, int64_t length) {
  return static_cast<int32_t*>(array(index, what, napi_int32_array, &length, false));
}

int32_t* Call::ints(int index, const char* what, int64_t* length) {
  *length = -1;
  return static_cast<int32_t*>(array(index, what, napi_int32_array, length, false));
}

// The type of the typed array there; float32 for anything else, which array() then refuses.
napi_typedarray_type Call::type_of(int index) {
  bool typed = false;
  napi_typedarray_type type = napi_float32_array;
  if ((size_t)index < count_) napi_is_typedarray(env_, arguments_[index], &typed);
  if (typed) napi_get_typedarray_info(env_, arguments_[index], &type, nullptr, nullptr, nullptr, nullptr);
  return type;
}

Elements Call::elements(int index, const char* what, int64_t length) {
  const napi_typedarray_type type = type_of(index);
  if (type == napi_int32_array) return {array(index, what, type, &length, false), Element::kInt};
  if (type == napi_uint8_array) return {array(index, what, type, &length, false), Element::kBool};
  return {array(index, what, napi_float32_array, &length, false), Element::kFloat};
}

uint8_t* Call::bools(int index, const char* what, int64_t length) {
  return static_cast<uint8_t*>(array(index, what, napi_uint8_array, &length, false));
}

double Call::number(int index, const char* what) {
  double value = 0;
  if ((size_t)index >= count_ || napi_get_value_double(env_, arguments_[index], &value) != napi_ok) {
    refuse(std::string("expected ") + what + " as a number, got something else");
  }
  return value;
}

int64_t Call::size(int index, const char* what) {
  const double value = number(index, what);
  if (!(value >= 0 && value <= 9007199254740992.0) || value != (double)(int64_t)value) {
    refuse(std::string("expected ") + what + " as a whole number from 0, got " + number_text(value));
  }
  return (int64_t)value;
}

int Call::choice(int index, const char* what, int count) {
  const int64_t value = size(index, what);
  if (value >= count) {
    refuse(std::string("expected ") + what + " below " + std::to_string(count) + ", got " + std::to_string(value));
  }
  return (int)value;
}

bool Call::flag(int index, const char* what) {
  bool value = false;
  if ((size_t)index >= count_ || napi_get_value_bool(env_, arguments_[index], &value) != napi_ok) {
    refuse(std::string("expected ") + what + " as a boolean, got something else");
  }
  return value;
}

std::string Call::text(int index, const char* what) {
  char buffer[256];
  size_t length = 0;
  if ((size_t)index >= count_ ||
      napi_get_value_string_utf8(env_, arguments_[index], buffer, sizeof buffer, &length) != napi_ok) {
    refuse(std::string("expected ") + what + " as a string, got something else");
  }
  return std::string(buffer, length);
}

void Call::give(double number) { napi_create_double(env_, number, &result_); }
void Call::give(bool flag) { napi_get_boolean(env_, flag, &result_); }
void Call::give(const std::string& text) { napi_create_string_utf8(env_, text.c_str(), text.size(), &result_); }

std::string number_text(double number) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", number);
  return buffer;
}

std::string shape_text(std::initializer_list<int64_t> shape) {
  std::string text = "[";
  for (int64_t side : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(side);
  return text + "]";
}

}  // namespace residua

NAPI_MODULE_INIT() {
  for (const residua::Binding* b = residua::first_binding(); b; b = b->next) {
    napi_value function;
    napi_create_function(env, b->name, NAPI_AUTO_LENGTH, residua::invoke, const_cast<residua::Binding*>(b), &function);
    napi_set_named_property(env, exports, b->name, function);
  }
  return exports;
}
