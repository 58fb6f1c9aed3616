"""One way to the classes of each official Python SDK, whatever its version calls them and wherever it keeps them.

CRMOCK_SDK is the package's name in programs (zohocrmsdk, and zcrmsdk of 2.x), CRMOCK_SDK_VERSION the API's version that it speaks.
"""
import importlib
import inspect
import os

PACKAGE = os.environ["CRMOCK_SDK"]
VERSION = os.environ["CRMOCK_SDK_VERSION"]


def sdk(module, name):
    return getattr(importlib.import_module(f"{PACKAGE}.src.com.zoho.{module}"), name)


def record(name):
    return sdk("crm.api.record", name)


OAuthToken = sdk("api.authenticator.oauth_token", "OAuthToken")
TokenType = getattr(importlib.import_module(OAuthToken.__module__), "TokenType", None)  # of the first SDK only
FileStore = sdk("api.authenticator.store", "FileStore")
Logger = sdk("api.logger", "Logger")
Initializer, ParameterMap, HeaderMap = (sdk("crm.api", name) for name in ("Initializer", "ParameterMap", "HeaderMap"))
DataCenter = sdk("crm.api.dc.data_center", "DataCenter")
SDKConfig, Choice = sdk("crm.api.sdk_config", "SDKConfig"), sdk("crm.api.util.choice", "Choice")
RecordOperations = record("RecordOperations")


def plain(value):
    """A value of the typed objects: enumerations come as a Choice."""
    return value.get_value() if isinstance(value, Choice) else value


def parameters(kind, **values):
    chosen = ParameterMap()
    for name, value in values.items():
        if hasattr(kind, name):
            chosen.add(getattr(kind, name), value)
    return chosen


def records(module, name, *arguments):
    """Calls an operation on records. From 6.0 on they know their module; before, each call is told, behind an id if there is
    one."""
    if len(inspect.signature(RecordOperations.__init__).parameters) > 1:
        return getattr(RecordOperations(module), name)(*arguments)
    method = getattr(RecordOperations(), name)
    at = 1 if "id" in inspect.signature(method).parameters else 0
    return method(*arguments[:at], module, *arguments[at:])


# What each kind of metadata is asked, the class of its parameters, and where its answer keeps the list.
METADATA = {
    "modules": ("get_modules", None, "get_modules"), "fields": ("get_fields", "GetFieldsParam", "get_fields"), "layouts": ("get_layouts", "GetLayoutsParam", "get_layouts"),
    "custom_views": ("get_custom_views", "GetCustomViewsParam", "get_custom_views"), "territories": ("get_territories", None, "get_territories"), "roles": ("get_roles", None, "get_roles"),
    "profiles": ("get_profiles", None, "get_profiles"), "users": ("get_users", None, "get_users"), "org": ("get_organization", None, "get_org"),
}


def metadata(kind, module=None):
    """The answer, and the list of its typed objects. The classes of 2.x are told their module when they are made."""
    method, parameter_class, getter = METADATA[kind]
    operations_class = sdk(f"crm.api.{kind}", "".join(part.title() for part in kind.split("_")) + "Operations")
    takes_module = "module" in inspect.signature(operations_class.__init__).parameters
    operations = operations_class(module) if takes_module else operations_class()
    arguments = []
    if parameter_class and not takes_module:
        arguments = [parameters(sdk(f"crm.api.{kind}.{kind}_operations", parameter_class), module=module)]
    answer = getattr(operations, method)(*arguments)
    return answer, getattr(answer.get_object(), getter)()
