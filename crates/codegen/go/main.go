// Prints how Go writes the builtin kinds of Kubernetes: of every struct that a stable kind reaches, its fields with
// their JSON names, protobuf numbers, Go types, and whether empty values are left out. OpenAPI documents tell none of it.
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var marshaler = reflect.TypeFor[json.Marshaler]()

// Structs that Go's code writes by hand, and so do we.
func isCustom(t reflect.Type) bool {
	return t == reflect.TypeFor[intstr.IntOrString]() || t == reflect.TypeFor[runtime.RawExtension]() ||
		t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler)
}

var kinds []string
var found = map[string]reflect.Type{}

// The name of a type as OpenAPI documents write it: io.k8s.api.apps.v1.Deployment.
func qualified(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	domain := strings.Split(parts[0], ".")
	for i, j := 0, len(domain)-1; i < j; i, j = i+1, j-1 {
		domain[i], domain[j] = domain[j], domain[i]
	}
	return strings.Join(append(append(domain, parts[1:]...), t.Name()), ".")
}

func visit(t reflect.Type) string {
	if t.PkgPath() != "" {
		name := qualified(t)
		if _, known := found[name]; !known {
			found[name] = t
			if t.Kind() == reflect.Struct && !isCustom(t) {
				for i := range t.NumField() {
					if t.Field(i).Tag.Get("json") != "-" {
						visit(t.Field(i).Type)
					}
				}
			} else if t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
				underlying(t)
			}
		}
		return name
	}
	return underlying(t)
}

func underlying(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + visit(t.Elem())
	case reflect.Slice:
		return "[]" + visit(t.Elem())
	case reflect.Map:
		return "map[" + visit(t.Key()) + "]" + visit(t.Elem())
	default:
		return t.Kind().String()
	}
}

func field(f reflect.StructField) (string, bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" || !f.IsExported() {
		return "", false
	}
	if name == "" {
		if !f.Anonymous {
			panic("a field without a JSON name: " + f.Name)
		}
		name = "."
	}
	number := "0"
	if parts := strings.Split(f.Tag.Get("protobuf"), ","); len(parts) > 1 {
		number = parts[1]
	}
	keep := "keep"
	for option := range strings.SplitSeq(options, ",") {
		if option == "omitempty" || option == "omitzero" {
			keep = option
		}
	}
	return fmt.Sprintf("  %s %s %s %s", name, number, keep, visit(f.Type)), true
}

func main() {
	for _, add := range []func(*runtime.Scheme) error{apiextensions.AddToScheme, apiregistration.AddToScheme, metav1.AddMetaToScheme} {
		if err := add(scheme.Scheme); err != nil {
			panic(err)
		}
	}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		isList := strings.HasSuffix(gvk.Kind, "List")
		isStable := !strings.Contains(gvk.Version, "alpha") && !strings.Contains(gvk.Version, "beta") && gvk.Version != runtime.APIVersionInternal
		if isStable && !isList && gvk.Kind != "WatchEvent" {
			name := visit(t)
			if !strings.Contains(name, ".apimachinery.") {
				kinds = append(kinds, fmt.Sprintf("%s/%s/%s kind %s", gvk.Group, gvk.Version, gvk.Kind, name))
			}
		}
	}
	sort.Strings(kinds)
	for _, line := range kinds {
		fmt.Println(line)
	}
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t := found[name]
		switch {
		case isCustom(t):
			fmt.Println(name, "custom")
		case t.Kind() == reflect.Struct:
			fmt.Println(name, "struct")
			for i := range t.NumField() {
				if line, ok := field(t.Field(i)); ok {
					fmt.Println(line)
				}
			}
		default:
			fmt.Println(name, underlying(t))
		}
	}
}
