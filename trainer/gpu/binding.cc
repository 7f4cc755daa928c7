// The Node binding of @tensorflow/tfjs-node-gpu, compiled from that package's own sources against a libtensorflow newer
// than the one it was written for, with four things added around it, none of its lines copied:
//   - values handed to TensorFlow are copied at once. The package lends it the memory of JavaScript arrays and takes the
//     loan back on whatever thread drops the tensor last; only JavaScript's own thread may do that.
//   - the context is made when open() is called, with the threads asked for, and takes GPU memory as it needs it.
//   - its remarks on instruction sets and rounding stay unprinted; warnings and errors do not.
//   - products on tensor cores in TF32 (10 bits of mantissa) are off unless asked for: the kernels promise float32.
#include <dlfcn.h>
#include <node_api.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_tensor.h"

namespace residua {

int32_t threads = 0;

TF_Tensor* NewOwnedTensor(TF_DataType dtype, const int64_t* dims, int rank, void* data, size_t byte_size,
                          void (*give_back)(void*, size_t, void*), void* argument) {
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, rank, byte_size);
  if (tensor != nullptr && byte_size > 0) std::memcpy(TF_TensorData(tensor), data, byte_size);
  give_back(data, byte_size, argument);
  return tensor;
}

// ConfigProto by hand: its three fields used here have kept their numbers since TensorFlow 1.
TFE_ContextOptions* NewContextOptions() {
  TFE_ContextOptions* options = TFE_NewContextOptions();
  const auto count = static_cast<uint8_t>(threads < 1 ? 1 : threads > 127 ? 127 : threads);  // one varint byte
  const uint8_t config[] = {
      0x10, count,       // intra_op_parallelism_threads = 2
      0x28, 1,           // inter_op_parallelism_threads = 5: eager operations come one by one
      0x32, 2, 0x20, 1,  // gpu_options = 6 { allow_growth = 4 }
  };
  TF_Status* status = TF_NewStatus();
  TFE_ContextOptionsSetConfig(options, config, sizeof config, status);
  TF_DeleteStatus(status);
  return options;
}

// Not in the C interface, so looked up by its name: a libtensorflow without it keeps its own default.
void AllowTf32(bool allowed) {
  for (const char* name : {"_ZN3tsl32enable_tensor_float_32_executionEb",  // 2.9 and later
                           "_ZN10tensorflow32enable_tensor_float_32_executionEb"}) {
    if (auto* set = reinterpret_cast<void (*)(bool)>(dlsym(RTLD_DEFAULT, name))) return set(allowed);
  }
}

}  // namespace residua

#define TF_NewTensor residua::NewOwnedTensor
#define TFE_NewContextOptions residua::NewContextOptions
#undef NAPI_MODULE
#define NAPI_MODULE(name, init)
#include "tfjs_backend.cc"
#include "tfjs_binding.cc"

// open(threads, tf32): the package's exports. Once per process and environment: it replaces what belongs to the addon.
static napi_value Open(napi_env env, napi_callback_info info) {
  napi_value arguments[2], exports;
  size_t count = 2;
  bool tf32 = false;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count < 2 || napi_get_value_int32(env, arguments[0], &residua::threads) != napi_ok ||
      napi_get_value_bool(env, arguments[1], &tf32) != napi_ok) {
    napi_throw_type_error(env, nullptr, "open: expected a number of threads and whether TF32 is allowed");
    return nullptr;
  }
  setenv("TF_CPP_MIN_LOG_LEVEL", "1", 0);  // warnings and errors; a user's own setting stands
  residua::AllowTf32(tf32);
  napi_create_object(env, &exports);
  return tfnodejs::InitTFNodeJSBinding(env, exports);
}

NAPI_MODULE_INIT() {
  napi_value open;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, Open, nullptr, &open);
  napi_set_named_property(env, exports, "open", open);
  return exports;
}
