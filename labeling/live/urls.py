from django.urls import URLPattern

socket_urls: list[URLPattern] = []
