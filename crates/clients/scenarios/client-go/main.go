// What a controller written with client-go sees. KUBECONFIG names the server; every answer is printed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"
)

const namespace = "client-go"

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	config.QPS = -1
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	clients := kubernetes.NewForConfigOrDie(config)
	_, err = clients.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	must(err)
	typed(ctx, clients)
	protobuf(ctx, config)
	informed(ctx, clients)
	applied(ctx, clients)
	mapped(ctx, config)
	paged(ctx, clients)
	elected(ctx, clients)
}

// typed writes through the typed client and meets its errors.
func typed(ctx context.Context, clients kubernetes.Interface) {
	maps := clients.CoreV1().ConfigMaps(namespace)
	made, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Data: map[string]string{"k": "1"}}, metav1.CreateOptions{})
	must(err)
	show("created", made)
	stale := made.DeepCopy()
	made.Data["k"] = "2"
	made, err = maps.Update(ctx, made, metav1.UpdateOptions{})
	must(err)
	stale.Data["k"] = "3"
	_, err = maps.Update(ctx, stale, metav1.UpdateOptions{})
	show("conflict", apierrors.IsConflict(err), err)
	must(retry.RetryOnConflict(retry.DefaultRetry, func() error {
		fresh, err := maps.Get(ctx, "a", metav1.GetOptions{})
		if err != nil {
			return err
		}
		fresh.Data["k"] = "4"
		_, err = maps.Update(ctx, fresh, metav1.UpdateOptions{})
		return err
	}))
	_, err = maps.Get(ctx, "absent", metav1.GetOptions{})
	show("not found", apierrors.IsNotFound(err), err)
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{})
	show("already exists", apierrors.IsAlreadyExists(err), err)
	_, err = clients.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}}, metav1.CreateOptions{})
	show("invalid", apierrors.IsInvalid(err), err)
	patched, err := maps.Patch(ctx, "a", types.StrategicMergePatchType, []byte(`{"data":{"l":"5"}}`), metav1.PatchOptions{})
	must(err)
	show("patched", patched)
	uid := types.UID("00000000-0000-0000-0000-000000000000")
	err = maps.Delete(ctx, "a", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	show("another's uid", apierrors.IsConflict(err))
	must(maps.Delete(ctx, "a", metav1.DeleteOptions{}))
}

// protobuf asks for the encoding that the system's own controllers use.
func protobuf(ctx context.Context, config *rest.Config) {
	config = rest.CopyConfig(config)
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	maps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps(namespace)
	made, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "packed"}, BinaryData: map[string][]byte{"k": {0, 255}}}, metav1.CreateOptions{})
	must(err)
	show("packed", made)
	must(maps.Delete(ctx, "packed", metav1.DeleteOptions{}))
}

// log keeps what handlers of informers are told.
type log struct {
	sync.Mutex
	lines []string
}

func (log *log) handler() cache.ResourceEventHandlerFuncs {
	note := func(what string, object any) {
		if gone, is := object.(cache.DeletedFinalStateUnknown); is {
			object = gone.Obj
		}
		accessor, err := meta.Accessor(object)
		must(err)
		log.Lock()
		defer log.Unlock()
		log.lines = append(log.lines, fmt.Sprintf("%s %s %v", what, accessor.GetName(), accessor.GetLabels()))
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { note("added", object) },
		UpdateFunc: func(_, object any) { note("updated", object) },
		DeleteFunc: func(object any) { note("deleted", object) },
	}
}

func (log *log) until(ctx context.Context, count int) []string {
	must(wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		log.Lock()
		defer log.Unlock()
		return len(log.lines) >= count, nil
	}))
	log.Lock()
	defer log.Unlock()
	return append([]string(nil), log.lines...)
}

// informed follows a kind with a shared informer, with its objects before and during the watch.
func informed(ctx context.Context, clients kubernetes.Interface) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	secrets := clients.CoreV1().Secrets(namespace)
	secret := func(name string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"n": "1"}}, StringData: map[string]string{"p": "x"}}
	}
	_, err := secrets.Create(ctx, secret("before"), metav1.CreateOptions{})
	must(err)
	factory := informers.NewSharedInformerFactoryWithOptions(clients, 0, informers.WithNamespace(namespace))
	informer, log := factory.Core().V1().Secrets(), &log{}
	_, err = informer.Informer().AddEventHandler(log.handler())
	must(err)
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		show("synced", kind.String(), synced)
	}
	log.until(ctx, 1)
	_, err = secrets.Create(ctx, secret("during"), metav1.CreateOptions{})
	must(err)
	_, err = secrets.Patch(ctx, "before", types.MergePatchType, []byte(`{"metadata":{"labels":{"n":"2"}}}`), metav1.PatchOptions{})
	must(err)
	must(secrets.Delete(ctx, "before", metav1.DeleteOptions{}))
	show("informed", log.until(ctx, 4))
	found, err := informer.Lister().Secrets(namespace).Get("during")
	must(err)
	show("cached", found)
}

// applied owns fields through apply configurations.
func applied(ctx context.Context, clients kubernetes.Interface) {
	deployments := clients.AppsV1().Deployments(namespace)
	web := appsapply.Deployment("web", namespace).WithSpec(appsapply.DeploymentSpec().
		WithReplicas(2).
		WithSelector(metaapply.LabelSelector().WithMatchLabels(map[string]string{"app": "web"})).
		WithTemplate(coreapply.PodTemplateSpec().WithLabels(map[string]string{"app": "web"}).WithSpec(
			coreapply.PodSpec().WithContainers(coreapply.Container().WithName("web").WithImage("web:1")))))
	made, err := deployments.Apply(ctx, web, metav1.ApplyOptions{FieldManager: "one"})
	must(err)
	show("applied", made)
	other := appsapply.Deployment("web", namespace).WithSpec(appsapply.DeploymentSpec().WithReplicas(3))
	_, err = deployments.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "two"})
	show("apply conflict", apierrors.IsConflict(err), err)
	made, err = deployments.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "two", Force: true})
	must(err)
	show("forced", made.ManagedFields)
	ours, err := appsapply.ExtractDeployment(made, "two")
	must(err)
	show("extracted", ours)
	status := appsapply.Deployment("web", namespace).WithStatus(appsapply.DeploymentStatus().WithReadyReplicas(1).WithReplicas(1))
	made, err = deployments.ApplyStatus(ctx, status, metav1.ApplyOptions{FieldManager: "three"})
	must(err)
	show("status", made.Status)
}

var definition = []byte(`{
 "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gophers.go.example.com"},
 "spec": {"group": "go.example.com", "scope": "Namespaced", "names": {"plural": "gophers", "singular": "gopher", "kind": "Gopher"},
  "versions": [{"name": "v1", "served": true, "storage": true,
   "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.holes", "statusReplicasPath": ".status.holes"}},
   "schema": {"openAPIV3Schema": {"type": "object", "properties": {
    "spec": {"type": "object", "properties": {"holes": {"type": "integer"}}},
    "status": {"type": "object", "properties": {"holes": {"type": "integer"}}}}}}}]}}`)

// mapped reaches a custom kind with nothing but its name: discovery, RESTMapper, dynamic client and informer, scale.
func mapped(ctx context.Context, config *rest.Config) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	objects := dynamic.NewForConfigOrDie(config)
	crds := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	crd := &unstructured.Unstructured{}
	must(json.Unmarshal(definition, crd))
	_, err := objects.Resource(crds).Create(ctx, crd, metav1.CreateOptions{})
	must(err)
	found := discovery.NewDiscoveryClientForConfigOrDie(config)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found))
	kind := schema.GroupKind{Group: "go.example.com", Kind: "Gopher"}
	var mapping *meta.RESTMapping
	must(wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		mapper.Reset()
		mapping, err = mapper.RESTMapping(kind)
		return err == nil, nil
	}))
	show("mapping", mapping.Resource, mapping.GroupVersionKind, mapping.Scope.Name())
	_, err = mapper.RESTMapping(schema.GroupKind{Group: "go.example.com", Kind: "Badger"})
	show("no match", meta.IsNoMatchError(err), err)
	resources, err := mapper.ResourcesFor(schema.GroupVersionResource{Resource: "deploy"})
	show("resources of deploy", resources, err)

	gophers := objects.Resource(mapping.Resource).Namespace(namespace)
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(objects, 0, namespace, nil)
	log := &log{}
	_, err = factory.ForResource(mapping.Resource).Informer().AddEventHandler(log.handler())
	must(err)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	gopher := func(holes int64) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "go.example.com/v1", "kind": "Gopher", "metadata": map[string]any{"name": "g"}, "spec": map[string]any{"holes": holes},
		}}
	}
	made, err := gophers.Apply(ctx, "g", gopher(1), metav1.ApplyOptions{FieldManager: "one"})
	must(err)
	show("gopher", made)
	_, err = gophers.Apply(ctx, "g", gopher(2), metav1.ApplyOptions{FieldManager: "two"})
	show("gopher conflict", err)
	must(unstructured.SetNestedField(made.Object, int64(1), "status", "holes"))
	made, err = gophers.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	must(err)
	show("gopher status", made)
	scales, err := scale.NewForConfig(config, mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(found))
	must(err)
	scaled, err := scales.Scales(namespace).Get(ctx, mapping.Resource.GroupResource(), "g", metav1.GetOptions{})
	must(err)
	scaled.Spec.Replicas = 5
	scaled, err = scales.Scales(namespace).Update(ctx, mapping.Resource.GroupResource(), scaled, metav1.UpdateOptions{})
	must(err)
	show("scale", scaled)
	partial, err := metadata.NewForConfigOrDie(config).Resource(mapping.Resource).Namespace(namespace).List(ctx, metav1.ListOptions{})
	must(err)
	// In JSON each item says its kind, in protobuf none does.
	for i := range partial.Items {
		partial.Items[i].TypeMeta = metav1.TypeMeta{}
	}
	show("metadata", partial)
	must(gophers.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}))
	show("gophers", log.until(ctx, 4))
}

// paged lists in parts and meets the end of a token's life.
func paged(ctx context.Context, clients kubernetes.Interface) {
	maps := clients.CoreV1().ConfigMaps(namespace)
	for i := range 7 {
		_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("page-", i)}}, metav1.CreateOptions{})
		must(err)
	}
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		list, err := maps.List(ctx, options)
		if err == nil {
			show("page", len(list.Items), list.RemainingItemCount)
		}
		return list, err
	})
	pages.PageSize = 3
	var names []string
	must(pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		names = append(names, object.(*corev1.ConfigMap).Name)
		return nil
	}))
	sort.Strings(names)
	show("pages", names)
	_, err := maps.List(ctx, metav1.ListOptions{Continue: "nonsense"})
	show("bad token", err)
}

// elected becomes a leader, which takes the optimistic locking of Leases.
func elected(ctx context.Context, clients kubernetes.Interface) {
	ctx, cancel := context.WithCancel(ctx)
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: namespace},
		Client:     clients.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: "me"},
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 100 * time.Millisecond, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { time.Sleep(300 * time.Millisecond); cancel() },
			OnStoppedLeading: func() {},
		},
	})
	lease, err := clients.CoordinationV1().Leases(namespace).Get(context.Background(), "leader", metav1.GetOptions{})
	must(err)
	show("lease", *lease.Spec.HolderIdentity, *lease.Spec.LeaseTransitions)
}

func show(title string, values ...any) {
	fmt.Printf("\n## %s\n", title)
	for _, value := range values {
		if err, is := value.(error); is {
			fmt.Println(err)
			continue
		}
		text, err := json.MarshalIndent(value, "", " ")
		must(err)
		fmt.Println(string(text))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
