"""The cluster profile: Capstan on Kubernetes, beside Kubeflow Pipelines, KServe and KubeRay."""
