// Reading JavaScript arguments with errors that name the function, the argument, what was expected and what came.
// A binding is a plain function `void f(Call& call)`; exceptions thrown in it become JavaScript errors.
#pragma once
#include <node_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace residua {

// The types a tensor's values have: float32, int32, bool.
enum class Element { kFloat, kInt, kBool };

struct Elements {
  void* data;
  Element type;
  int64_t bytes() const { return type == Element::kBool ? 1 : 4; }
};

// One call from JavaScript.
class Call {
 public:
  Call(napi_env env, napi_callback_info info, const char* name);

  // Typed arrays; `length` is checked, in elements. Null or undefined gives nullptr where optional.
  float* floats(int index, const char* what, int64_t length);
  double* doubles(int index, const char* what, int64_t length);
  float* optional_floats(int index, const char* what, int64_t length);
  double* optional_doubles(int index, const char* what, int64_t length);
  // A JavaScript array of Float32Arrays, each of this length.
  std::vector<float*> float_lists(int index, const char* what, int64_t length);
  int32_t* ints(int index, const char* what, int64_t length);
  // A typed array of any length.
  int32_t* ints(int index, const char* what, int64_t* length);

  // Float32Array, Int32Array or Uint8Array.
  Elements elements(int index, const char* what, int64_t length);
  uint8_t* bools(int index, const char* what, int64_t length);

  double number(int index, const char* what);
  // A whole number from 0 to 2^53.
  int64_t size(int index, const char* what);
  // A whole number below `count`: one of an enum.
  int choice(int index, const char* what, int count);
  bool flag(int index, const char* what);
  std::string text(int index, const char* what);

  void give(double number);
  void give(bool flag);
  void give(const std::string& text);
  napi_value result() const { return result_; }

  [[noreturn]] void refuse(const std::string& why) const;

 private:
  static constexpr int kMaxArguments = 24;
  napi_typedarray_type type_of(int index);
  void* array(int index, const char* what, napi_typedarray_type type, int64_t* length, bool optional);
  void* typed_array(napi_value value, const char* what, napi_typedarray_type type, int64_t* length);

  napi_env env_;
  const char* name_;
  size_t count_ = kMaxArguments;
  napi_value arguments_[kMaxArguments];
  napi_value result_ = nullptr;
};

// A file-level constant of this type makes a function part of the addon: `static const Binding b{"gemm", gemm_binding};`
struct Binding {
  Binding(const char* name, void (*function)(Call&));
  const char* name;
  void (*function)(Call&);
  const Binding* next;
};

// The shortest decimal that a reader takes for the number: "7", "0.5", "-1", "nan".
std::string number_text(double number);
// Row-major address of "what [a, b]" in messages.
std::string shape_text(std::initializer_list<int64_t> shape);

}  // namespace residua
